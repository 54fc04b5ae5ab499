package pipeline

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/templates"
)

var (
	errBoom  = errors.New("boom")
	errLater = errors.New("the rescue broke")
)

// TestOnError runs a step that fails as often as it says, with a rescue.
func TestOnError(t *testing.T) {
	cases := []struct {
		name, mode, answers string
		fails               int // times
		rescueFails         bool
		went                string
		errors              string // separated by |
	}{
		{"no failure, no rescue", Cleanup, "", 0, false, "boot:a act seal:a close:a", ""},
		{"clean up", Cleanup, "", 9, false, "boot:a act rescue close:a", "boom"},
		{"by default", "", "", 9, false, "boot:a act rescue close:a", "boom"},
		{"abort", Abort, "", 9, false, "boot:a act close:a", "boom"},
		{"rescue, then abort", RunCleanup, "", 9, false, "boot:a act rescue close:a", "boom"},
		{"both failures are told", Cleanup, "", 9, true, "boot:a act rescue close:a", "boom|rescue broke"},
		{"ask: clean up", Ask, "c", 9, false, "boot:a act rescue close:a", "boom"},
		{"ask: abort", Ask, "a", 9, false, "boot:a act keep:a close:a", "boom"},
		{"ask: retry until it works", Ask, "rr", 2, false, "boot:a act act act seal:a close:a", ""},
		{"ask: retry, then give up", Ask, "rc", 9, false, "boot:a act act rescue close:a", "boom"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d, left, answers := &diary{}, c.fails, c.answers
			b := &templates.Build{ID: "a", Builder: &oven{diary: d, name: "a"}}
			b.Provisioners = []*templates.Step{step(func(context.Context) error {
				d.note("act")
				if left--; left >= 0 {
					return errBoom
				}
				return nil
			})}
			b.Cleanup = step(func(context.Context) error {
				d.note("rescue")
				if c.rescueFails {
					return errLater
				}
				return nil
			})
			ask := func(context.Context, string) string {
				answer := answers[:1]
				answers = answers[1:]
				return answer
			}
			res := Run(t.Context(), &templates.Plan{Builds: []*templates.Build{b}}, Options{OnError: c.mode, Ask: ask}, nil)
			if got := d.String(); got != c.went {
				t.Errorf("went %q, want %q", got, c.went)
			}
			err := res[0].Err
			if (err == nil) != (c.errors == "") {
				t.Fatalf("error %v, want %q", err, c.errors)
			}
			for text := range strings.SplitSeq(c.errors, "|") {
				if err != nil && !strings.Contains(err.Error(), text) {
					t.Errorf("error %q lacks %q", err, text)
				}
			}
		})
	}
}

func TestAnInterruptedStepIsRescuedToo(t *testing.T) {
	d := &diary{}
	ctx, cancel := context.WithCancelCause(t.Context())
	b := &templates.Build{ID: "a", Builder: &oven{diary: d, name: "a"}}
	b.Provisioners = []*templates.Step{step(func(ctx context.Context) error { cancel(errBoom); <-ctx.Done(); return ctx.Err() })}
	b.Cleanup = step(func(ctx context.Context) error {
		if _, bounded := ctx.Deadline(); ctx.Err() != nil || !bounded {
			t.Errorf("the rescue's context: %v, bounded %t", ctx.Err(), bounded)
		}
		d.note("rescue")
		return nil
	})
	res := run(ctx, b)
	if got := d.String(); got != "boot:a rescue close:a" || !errors.Is(res[0].Err, errBoom) {
		t.Errorf("went %q, error %v", got, res[0].Err)
	}
}

func TestAStepMayFail(t *testing.T) {
	d := &diary{}
	may := step(func(context.Context) error { d.note("act"); return errBoom })
	may.ContinueOnError, may.MaxRetries = true, 1
	res := run(t.Context(), &templates.Build{Builder: &oven{diary: d, name: "a"}, Provisioners: []*templates.Step{
		may, step(func(context.Context) error { d.note("next"); return nil }),
	}})
	if got := d.String(); got != "boot:a act act next seal:a close:a" || res[0].Err != nil {
		t.Errorf("went %q, error %v", got, res[0].Err)
	}
	if p := res[0].Passed; len(p) != 1 || !errors.Is(p[0], errBoom) || p[0].Range.Start.Line != 7 {
		t.Errorf("passed over: %v", p)
	}
}
