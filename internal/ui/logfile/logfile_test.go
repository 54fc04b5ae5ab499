package logfile

import (
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func bake(r *ui.Root) {
	r.Hide("hunter2")
	r.Debug("one\ntwo hunter2")
	u := r.For("null.a")
	u.Say("booting")
	u.Step("boot")()
	p := u.Progress("disk", 10)
	p.Add(10)
	_ = p.Close() // it never fails
	r.Diagnostic(ui.Problem{Text: "Warning: odd\n\n  here\n\n"})
	r.Finished("null.a", ui.Done, time.Second)
	r.Summary()
}

const debug = `T [DEBUG] one
T [DEBUG] two <sensitive>
T [DEBUG] null.a: step boot: started
T [DEBUG] null.a: step boot: done after less than a millisecond
T [DEBUG] null.a: disk: started, 0 of 10 bytes
T [DEBUG] null.a: disk: done, 10 of 10 bytes
`

func TestLog(t *testing.T) {
	whole := strings.Replace(debug, "T [DEBUG] null.a: step boot: started\n", "T ui: ==> null.a: booting\nT [DEBUG] null.a: step boot: started\n", 1) +
		"T ui: Warning: odd\nT ui: \nT ui:   here\nT ui: Build 'null.a' finished after 1 second.\n"
	for _, c := range []struct {
		name  string
		debug bool
		want  string
	}{
		{"all", false, whole},
		{"what is not shown anyway", true, debug},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			now := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
			bake(ui.New(ui.Options{Log: &Sink{W: &out, Debug: c.debug}, Now: func() time.Time { return now }}))
			if got := strings.ReplaceAll(out.String(), "2024/05/06 07:08:09", "T"); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}
