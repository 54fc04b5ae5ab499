package records

import (
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestRecords(t *testing.T) {
	two := []*artifact.Artifact{
		{Builder: "packer.file", ID: "File", Title: "Stored file: a,b", Files: []string{"a,b"}},
		{Builder: "packer.post-processor.checksum", Title: "sums"},
	}
	for _, c := range []struct {
		name   string
		stamps bool
		script func(r *ui.Root)
		want   string
	}{
		{"say", false, func(r *ui.Root) { r.For("null.a").Say("booting, soon\nnow") }, `,,ui,say,==> null.a: booting%!(PACKER_COMMA) soon\n==> null.a: now`},
		{"a fact of several lines", false, func(r *ui.Root) { r.Fact("x", "a\nb", "") }, `,,x,a\nb,`},
		{"detail", false, func(r *ui.Root) { r.For("null.a").Detail("one") }, `,,ui,message,    null.a: one`},
		{"warning", false, func(r *ui.Root) { r.For("null.a").Warn("slow") }, `,,ui,say,==> null.a: Warning: slow`},
		{"of a post-processor", false, func(r *ui.Root) { r.For("null.a").Part("manifest").Say("x") }, `,,ui,say,==> null.a (manifest): x`},
		{"of no build", false, func(r *ui.Root) { r.Warn("slow") }, `,,ui,say,Warning: slow`},
		{"what a command wrote", false, func(r *ui.Root) {
			u := r.For("null.a")
			for _, w := range []interface{ Write([]byte) (int, error) }{u.Stdout(), u.Stderr()} {
				_, _ = w.Write([]byte("x\n")) // it never fails
			}
		}, ",,ui,message,    null.a: x\n,,ui,error,==> null.a: x"},
		{"steps and progress are no words", false, func(r *ui.Root) {
			u := r.For("null.a")
			u.Step("boot")()
			_ = u.Progress("down", 1).Close()
			r.Debug("x")
		}, ""},
		{"with the time", true, func(r *ui.Root) {
			r.For("null.a").Say("x")
			r.Result("valid")
		}, ",,ui,say,2024-05-06T07:08:09Z: ==> null.a: x\n,,ui,say,valid"},
		{"a skipped build", false, func(r *ui.Root) { r.Skipped("null.a", "no base") }, `,,ui,error,Build 'null.a' was not started: no base.`},
		{"a cancelled build", false, func(r *ui.Root) { r.Finished("null.a", ui.Cancelled, time.Second) }, `,,ui,error,Build 'null.a' was cancelled after 1 second.`},
		{"failures", false, func(r *ui.Root) {
			r.Finished("null.a", ui.Failed, time.Second)
			r.Finished("null.b", ui.Done, time.Second)
			r.Summary()
			r.Failure("null.a", ui.Problem{Severity: "error", Summary: "null.a: broke, badly", Text: "Error: null.a: broke, badly"})
		}, `,,ui,error,Build 'null.a' errored after 1 second.
,,ui,say,Build 'null.b' finished after 1 second.
,,ui,say,\n==> Wait completed after 3 seconds
,,error-count,1
,,ui,error,\n==> Some builds didn't complete successfully and had errors:
,null.a,error,broke%!(PACKER_COMMA) badly
,,ui,error,--> null.a: broke%!(PACKER_COMMA) badly`},
		{"artifacts", false, func(r *ui.Root) { r.Artifacts([]ui.Made{{Build: "file.a", Artifacts: two}}) }, `,,ui,say,\n==> Builds finished. The artifacts of successful builds are:
,file.a,artifact-count,2
,file.a,artifact,0,builder-id,packer.file
,file.a,artifact,0,id,File
,file.a,artifact,0,string,Stored file: a%!(PACKER_COMMA)b
,file.a,artifact,0,files-count,1
,file.a,artifact,0,file,0,a%!(PACKER_COMMA)b
,file.a,artifact,0,end
,,ui,say,--> file.a: Stored file: a%!(PACKER_COMMA)b
,file.a,artifact,1,builder-id,packer.post-processor.checksum
,file.a,artifact,1,id,
,file.a,artifact,1,string,sums
,file.a,artifact,1,files-count,0
,file.a,artifact,1,end
,,ui,say,--> file.a: sums`},
		{"no artifacts", false, func(r *ui.Root) { r.Artifacts(nil) }, `,,ui,say,\n==> Builds finished but no artifacts were created.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
			sink := &Sink{W: &out, Timestamps: c.stamps, Start: now.Add(-3 * time.Second)}
			c.script(ui.New(ui.Options{Sink: sink, Now: func() time.Time { return now }}))
			want := strings.ReplaceAll("\n"+c.want, "\n,", "\n1714979289,")[1:]
			if got := strings.TrimSuffix(out.String(), "\n"); got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func TestCarriageReturn(t *testing.T) {
	var out strings.Builder
	(&Sink{W: &out}).Event(ui.Event{Kind: ui.FactKind, Fact: []string{"x", "a\r\nb"}, Time: time.Unix(5, 0)})
	if want := "5,,x,a\\r\\nb\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
