package ui

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/lines"
)

// clock is a time that moves only when told to.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) forward(d time.Duration) { c.t = c.t.Add(d) }

// record runs one bake's worth of events.
func record(o Options, script func(r *Root, c *clock)) (stdout, stderr string) {
	var out, err bytes.Buffer
	c := &clock{time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}
	o.Stdout, o.Stderr, o.Now = &out, &err, c.now
	script(New(o), c)
	return out.String(), err.String()
}

func bake(r *Root, c *clock) {
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
	r.Finished("qemu.web", Done, 61*time.Second)
	r.Summary()
	r.Artifacts([]Made{{"qemu.web", []*artifact.Artifact{{Builder: "x.qemu", ID: "VM", Title: "a disk hunter2", Files: []string{"out/disk", "out/hunter2"}, Details: map[string]string{"k": "hunter2"}}}}})
	r.Diagnostic(Problem{Severity: "error", Summary: "no hunter2", File: "a.pkr.hcl", Line: 4, Column: 2, Text: "Error: no hunter2\n\n  on a.pkr.hcl line 4:\n"})
	r.Result("valid")
	r.Debug("only in a log")
	r.Fact("version", "1")
	r.Artifacts(nil)
	r.Check(Check{Name: "tool", Needed: true, Fix: "install hunter2"}, "missing tool; fix: install hunter2")
	r.File("a = \"hunter2\"")
}

const plainBake = `==> qemu.web: booting disk.qcow2
    qemu.web: first
    qemu.web: second <sensitive>
    qemu.web: boot took 41.2s
==> qemu.web: Warning: no KVM
==> qemu.web (checksum): sha256
==> qemu.web: it broke
Build 'qemu.web' finished after 1 minute 1 second.

Where the time went:
  qemu.web                                1m01s
    boot                                  41.2s  68%
Error: no <sensitive>

  on a.pkr.hcl line 4:
`

const resultsBake = `--> qemu.web: a disk <sensitive>
    out/disk
    out/<sensitive>
valid
missing tool; fix: install <sensitive>
a = "hunter2"`

func TestPlain(t *testing.T) {
	stdout, stderr := record(Options{}, bake)
	if stderr != plainBake {
		t.Errorf("stderr:\n%s\nwant:\n%s", stderr, plainBake)
	}
	if stdout != resultsBake {
		t.Errorf("stdout:\n%s\nwant:\n%s", stdout, resultsBake)
	}
}

func TestTimestamps(t *testing.T) {
	_, stderr := record(Options{Timestamps: true}, func(r *Root, _ *clock) {
		r.For("b").Say("hello\nworld\n")
		r.Finished("b", Done, time.Second)
	})
	if want := "2024-05-06T07:08:09Z: ==> b: hello\n2024-05-06T07:08:09Z: ==> b: world\n2024-05-06T07:08:09Z: Build 'b' finished after 1 second.\n"; stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

func TestColorOnlyAddsColor(t *testing.T) {
	stdout, stderr := record(Options{Color: true}, bake)
	if lines.Printable(stderr) != plainBake || stdout != resultsBake {
		t.Errorf("without its colours this is not the plain output:\n%s%s", stderr, stdout)
	}
	for _, want := range []string{"\x1b[1;32m==> qemu.web: \x1b[0m", "\x1b[1;31mit broke\x1b[0m", "\x1b[1;33mWarning: no KVM\x1b[0m", "\x1b[1;31mError:\x1b[0m"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %q", want, stderr)
		}
	}
}

func TestBuildsHaveTheirColors(t *testing.T) {
	_, stderr := record(Options{Color: true}, func(r *Root, _ *clock) {
		for _, b := range []string{"a", "b", "a"} {
			r.For(b).Detail("x")
		}
	})
	want := "\x1b[1;32m    a: \x1b[0mx\n\x1b[1;36m    b: \x1b[0mx\n\x1b[1;32m    a: \x1b[0mx\n"
	if stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}

func TestUIThatDiscards(t *testing.T) {
	for name, u := range map[string]*UI{"nil": nil, "zero": {}, "of a nil root": (*Root)(nil).For("x")} {
		t.Run(name, func(t *testing.T) {
			u.Say("x")
			u.Detail("x")
			u.Warn("x")
			u.Error("x")
			u.Hide("x")
			u.Part("x").Step("x")()
			p := u.Progress("x", 1)
			if n, err := p.Write([]byte("abc")); n != 3 || err != nil {
				t.Errorf("Write = %d, %v", n, err)
			}
			for _, w := range []io.WriteCloser{u.Stdout(), u.Stderr()} {
				if n, err := io.WriteString(w, "abc"); n != 3 || err != nil {
					t.Errorf("WriteString = %d, %v", n, err)
				}
				if err := w.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	(*Root)(nil).Summary()
	(*Root)(nil).Finished("x", Done, 0)
}

func TestLinesOfParallelBuildsStayWhole(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, _ *clock) {
		var all sync.WaitGroup
		for _, b := range []string{"aaaa", "bbbb"} {
			w := r.For(b).Stdout()
			all.Go(func() {
				for range 500 {
					_, _ = io.WriteString(w, b)
					_, _ = io.WriteString(w, b+"\n")
				}
			})
		}
		all.Wait()
	})
	a, b := strings.Count(stderr, "    aaaa: aaaaaaaa\n"), strings.Count(stderr, "    bbbb: bbbbbbbb\n")
	if a != 500 || b != 500 || strings.Count(stderr, "\n") != 1000 {
		t.Errorf("%d and %d whole lines", a, b)
	}
}

func TestDurationsAndSizes(t *testing.T) {
	for _, c := range []struct {
		d              time.Duration
		brief, spelled string
	}{
		{0, "0.0s", "less than a millisecond"},
		{4072 * time.Millisecond, "4.1s", "4 seconds 72 milliseconds"},
		{time.Second, "1.0s", "1 second"},
		{59990 * time.Millisecond, "1m00s", "59 seconds 990 milliseconds"},
		{151 * time.Second, "2m31s", "2 minutes 31 seconds"},
		{time.Hour + 30*time.Second, "1h01m", "1 hour"},
		{time.Hour + 2*time.Minute, "1h02m", "1 hour 2 minutes"},
	} {
		if brief(c.d) != c.brief || Spell(c.d) != c.spelled {
			t.Errorf("%v: %q %q, want %q %q", c.d, brief(c.d), Spell(c.d), c.brief, c.spelled)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 3 << 40: "3.0 TiB", 1 << 62: "4096.0 PiB"} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
}

// A secret cut into writes at every place stays hidden in every sink.
func TestSecretSplitAcrossWrites(t *testing.T) {
	const secret, line = "s3cr3t/p@ss", "the password is s3cr3t/p@ss, again s3cr3t/p@ss\nand s3cr3t/p@ss"
	for _, o := range []Options{{}, {Bars: true, Color: true}} {
		for i := range len(line) {
			var out bytes.Buffer
			o.Stdout, o.Stderr = &out, &out
			r := New(o)
			r.Hide(secret)
			w := r.For("b").Stdout()
			for _, part := range []string{line[:i], line[i:]} {
				if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
					t.Fatalf("Write = %d, %v", n, err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if s := out.String(); strings.Contains(s, secret) || strings.Count(s, "sensitive") != 3 {
				t.Fatalf("split at %d, %+v: %s", i, o, s)
			}
		}
	}
}

func TestDiagnosticsStandApart(t *testing.T) {
	_, stderr := record(Options{}, func(r *Root, _ *clock) {
		r.Diagnostic(Problem{Text: "Error: one\n\n"})
		r.Debug("not shown")
		r.Diagnostic(Problem{Text: "Warning: two\n"})
		r.For("b").Say("three")
		r.Diagnostic(Problem{Text: "Error: four"})
	})
	if want := "Error: one\n\nWarning: two\n==> b: three\nError: four\n"; stderr != want {
		t.Errorf("got %q, want %q", stderr, want)
	}
}
