package outcome

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/templates"
)

func TestDiagnose(t *testing.T) {
	at := hcl.Range{Filename: "a.pkr.hcl", Start: hcl.Pos{Line: 2, Column: 3}}
	where := &pipeline.Failure{Range: at, Step: "boot", Err: errors.New("no power"), Hints: []string{"one", "two"}}
	noisy := &pipeline.Failure{Range: at, Step: "seal", Err: errors.New("it broke\nlast words\n"), Hints: []string{"hint"}}
	bad := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Bad value", Subject: &at}}
	for _, c := range []struct {
		name string
		err  error
		want []string // summary, then detail, separated by |
		line int
	}{
		{"plain", errors.New("oops"), []string{"qemu.a: oops|"}, 0},
		{"with a place and hints", where, []string{"qemu.a: boot: no power|one\ntwo"}, 2},
		{"wrapped", fmt.Errorf("late: %w", where), []string{"qemu.a: late: boot: no power|one\ntwo"}, 2},
		{"several lines", noisy, []string{"qemu.a: seal: it broke|last words\n\nhint"}, 2},
		{"joined", errors.Join(where, errors.Join(noisy)), []string{"qemu.a: boot: no power|one\ntwo", "qemu.a: seal: it broke|last words\n\nhint"}, 2},
		{"diagnostics stay what they are", &pipeline.Failure{Step: "provisioner", Err: bad}, []string{"Bad value|"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			diags := Diagnose("qemu.a", c.err)
			var got []string
			for _, d := range diags {
				got = append(got, d.Summary+"|"+d.Detail)
				line := 0
				if d.Subject != nil {
					line = d.Subject.Start.Line
				}
				if line != c.line {
					t.Errorf("%q points at line %d, want %d", d.Summary, line, c.line)
				}
			}
			if strings.Join(got, "\n--\n") != strings.Join(c.want, "\n--\n") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestStates(t *testing.T) {
	base := &templates.Build{ID: "base"}
	next := &templates.Build{ID: "next", Base: base}
	broken := errors.New("broken")
	interrupted := errors.New("interrupted")
	for _, c := range []struct {
		name      string
		cancelled bool
		base      error
		next      error
		elapsed   time.Duration // of next
		want      string
	}{
		{"both well", false, nil, nil, 1, "done done"},
		{"base broke", false, broken, broken, 0, "failed skipped"},
		{"next broke", false, nil, broken, 1, "done failed"},
		{"next could not start on its own account", false, nil, broken, 0, "done failed"},
		{"interrupted", true, fmt.Errorf("boot: %w", interrupted), broken, 0, "cancelled skipped"},
		{"interrupted in next", true, nil, context.Canceled, 1, "done cancelled"},
		{"broke before the interrupt", true, broken, interrupted, 0, "failed cancelled"},
		{"an old cancellation of its own is a failure", false, context.Canceled, nil, 1, "failed done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.cancelled {
				cancel(interrupted)
			}
			states := States(ctx, []pipeline.Result{
				{Build: base, Err: c.base, Elapsed: 1},
				{Build: next, Err: c.next, Elapsed: c.elapsed},
			})
			if got := string(states[base]) + " " + string(states[next]); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
