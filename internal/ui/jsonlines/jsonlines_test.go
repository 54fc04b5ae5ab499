package jsonlines

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// clock is a time that moves only when told to.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) forward(d time.Duration) { c.t = c.t.Add(d) }

func bake(r *ui.Root, c *clock) {
	r.Hide("hunter2")
	u := r.For("qemu.web")
	done := u.Step("boot")
	u.Say("booting %s", "disk.qcow2")
	u.Detail("first\nsecond hunter2")
	c.forward(41200 * time.Millisecond)
	done()
	done() // a second call counts nothing
	u.Warn("no KVM")
	u.Part("checksum").Say("sha256")
	u.Error("it broke")
	r.Finished("qemu.web", ui.Done, 61*time.Second)
	r.Summary()
	r.Artifacts([]ui.Made{{Build: "qemu.web", Artifacts: []*artifact.Artifact{{Builder: "x.qemu", ID: "VM", Title: "a disk hunter2", Files: []string{"out/disk", "out/hunter2"}, Details: map[string]string{"k": "hunter2"}}}}})
	r.Diagnostic(ui.Problem{Severity: "error", Summary: "no hunter2", File: "a.pkr.hcl", Line: 4, Column: 2, Text: "Error: no hunter2\n\n  on a.pkr.hcl line 4:\n"})
	r.Result("valid")
	r.Debug("only in a log")
	r.Fact("version", "1")
	r.Artifacts(nil)
	r.Check(ui.Check{Name: "tool", Needed: true, Fix: "install hunter2"}, "missing tool; fix: install hunter2")
	r.Checkpoint(ui.Checkpoint{Key: "ab", Title: "boot", Made: c.t, Size: 5}, "ab boot")
	r.File("a = \"hunter2\"")
}

func TestJSON(t *testing.T) {
	var out, errs bytes.Buffer
	c := &clock{time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}
	bake(ui.New(ui.Options{Sink: &Sink{W: &out}, Stderr: &errs, Color: true, Bars: true, Now: c.now}), c)
	stdout, stderr := out.String(), errs.String()
	if stderr != "" || strings.Count(stdout, "hunter2") != 1 || strings.Contains(stdout, "\x1b") {
		t.Errorf("stderr %q, stdout %s", stderr, stdout)
	}
	want := []string{
		`{"v":1,"time":"2024-05-06T07:08:09Z","event":"step","build":"qemu.web","step":"boot","state":"started"}`,
		`{"v":1,"time":"2024-05-06T07:08:09Z","event":"say","build":"qemu.web","text":"booting disk.qcow2"}`,
		`{"v":1,"time":"2024-05-06T07:08:09Z","event":"line","build":"qemu.web","text":"first\nsecond <sensitive>"}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"step","build":"qemu.web","step":"boot","state":"done","seconds":41.2}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"warn","build":"qemu.web","text":"no KVM"}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"say","build":"qemu.web","part":"checksum","text":"sha256"}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"error","build":"qemu.web","text":"it broke"}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"build","build":"qemu.web","state":"done","seconds":61}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"summary","builds":[{"build":"qemu.web","state":"done","seconds":61,"steps":[{"step":"boot","seconds":41.2}]}]}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"artifact","build":"qemu.web","artifact":{"builder":"x.qemu","id":"VM","title":"a disk <sensitive>","files":["out/disk","out/<sensitive>"],"details":{"k":"<sensitive>"}}}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"diagnostic","text":"Error: no <sensitive>\n\n  on a.pkr.hcl line 4:\n","problem":{"severity":"error","summary":"no <sensitive>","file":"a.pkr.hcl","line":4,"column":2}}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"result","text":"valid"}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"check","text":"missing tool; fix: install <sensitive>","check":{"name":"tool","ok":false,"needed":true,"fix":"install <sensitive>"}}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"checkpoint","text":"ab boot","checkpoint":{"key":"ab","title":"boot","made":"2024-05-06T07:08:50.2Z","size":5,"in_use":false}}`,
		`{"v":1,"time":"2024-05-06T07:08:50.2Z","event":"result","text":"a = \"hunter2\""}`,
	}
	got := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d:\n got %v\nwant %v", i, got[min(i, len(got)):], want[min(i, len(want)):])
		}
	}
}

// download reports 100 MiB in 200 steps over 100 seconds.
func download(r *ui.Root, c *clock) {
	u := r.For("b")
	defer u.Step("boot")()
	p := u.Progress("disk.img", 100<<20)
	for range 200 {
		c.forward(500 * time.Millisecond)
		p.Add(1 << 19)
	}
	if err := p.Close(); err != nil {
		panic(err)
	}
	_ = p.Close()
	p.Add(1) // after the end: ignored
}

func TestProgressInJSONIsOneASecond(t *testing.T) {
	var out bytes.Buffer
	c := &clock{}
	download(ui.New(ui.Options{Sink: &Sink{W: &out}, Now: c.now}), c)
	var n int
	var last event
	for line := range strings.Lines(out.String()) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Event == ui.ProgressKind {
			n, last = n+1, e
		}
	}
	if n < 100 || n > 103 || last.State != ui.Done || last.Progress.Done != 100<<20 || last.Progress.Total != 100<<20 || *last.Seconds != 100 {
		t.Errorf("%d events, the last one %+v %+v", n, last, last.Progress)
	}
}
