package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

func run(ctx context.Context, builds ...*templates.Build) []Result {
	return Run(ctx, &templates.Plan{Builds: builds}, Options{MemoryMiB: 100}, nil)
}

func TestAFailedStepEndsItsBuildAlone(t *testing.T) {
	d := &diary{}
	boom := errors.New("boom")
	bad := &templates.Build{ID: "bad", Builder: &oven{diary: d, name: "bad"}, Provisioners: []*templates.Step{
		step(func(context.Context) error { return boom }),
		step(func(context.Context) error { d.note("after"); return nil }),
	}}
	child := &templates.Build{ID: "child", Base: bad, Builder: &oven{diary: d, name: "child"}}
	good := &templates.Build{ID: "good", Builder: &oven{diary: &diary{}, name: "good"}}
	res := run(t.Context(), bad, child, good)

	var f *Failure
	if !errors.As(res[0].Err, &f) || !errors.Is(f, boom) || f.Range.Start.Line != 7 || !slices.Equal(f.Hints, []string{"it was bad"}) {
		t.Errorf("failure %#v", res[0].Err)
	}
	if got := d.String(); got != "boot:bad close:bad" {
		t.Errorf("went: %s", got)
	}
	if !errors.Is(res[1].Err, errBase) {
		t.Errorf("child: %v", res[1].Err)
	}
	if res[2].Err != nil || len(res[2].Artifacts) != 1 {
		t.Errorf("good: %v, %d artifacts", res[2].Err, len(res[2].Artifacts))
	}
}

func TestABaseIsBakedFirstAndHandedOver(t *testing.T) {
	d := &diary{}
	base := &templates.Build{ID: "base", Builder: &oven{diary: d, name: "base"}}
	o := &oven{diary: d, name: "child"}
	child := &templates.Build{ID: "child", Base: base, Builder: o}
	res := run(t.Context(), child, base) // whatever the order
	if res[0].Err != nil || res[1].Err != nil {
		t.Fatal(res[0].Err, res[1].Err)
	}
	if o.base == nil || o.base.ID != "base" {
		t.Errorf("the child got %v", o.base)
	}
	if got := d.String(); got != "boot:base seal:base close:base boot:child seal:child close:child" {
		t.Errorf("went: %s", got)
	}
}

func TestWhatCannotSucceedIsNotStarted(t *testing.T) {
	d := &diary{}
	base := &templates.Build{ID: "base", Implicit: true, Builder: &oven{diary: d, name: "base"}}
	asked := &templates.Build{ID: "asked", Builder: &oven{diary: d, name: "asked"}}
	bad := &templates.Build{ID: "bad", Base: base, Builder: &closedOven{oven{diary: d, name: "bad"}}}
	worse := &templates.Build{ID: "worse", Base: asked, Builder: &closedOven{oven{diary: d, name: "worse"}}}
	res := run(t.Context(), base, asked, bad, worse)
	if len(res) != 3 || res[0].Err != nil || !errors.Is(res[1].Err, errClosed) || !errors.Is(res[2].Err, errClosed) {
		t.Errorf("results %v", res)
	}
	if got := d.String(); got != "boot:asked seal:asked close:asked" {
		t.Errorf("went: %s", got)
	}
}

func TestRetriesAndTimeouts(t *testing.T) {
	never := func(ctx context.Context) error { <-ctx.Done(); return context.Cause(ctx) }
	cases := []struct {
		name          string
		retries       int
		timeout       time.Duration
		act           func(n int) act
		attempts      int
		errorContains string
	}{
		{"no retry", 0, 0, func(int) act { return func(context.Context) error { return errors.New("x") } }, 1, "x"},
		{"the last error counts", 2, 0, func(n int) act { return func(context.Context) error { return fmt.Errorf("error %d", n) } }, 3, "attempt 3 of 3: error 3"},
		{"success ends it", 5, 0, func(n int) act {
			return func(context.Context) error {
				if n == 2 {
					return nil
				}
				return errors.New("x")
			}
		}, 2, ""},
		{"each attempt has its timeout", 1, time.Millisecond, func(int) act { return never }, 2, "longer than its timeout of 1ms"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			s := step(func(ctx context.Context) error { n++; return c.act(n)(ctx) })
			s.MaxRetries, s.Timeout = c.retries, c.timeout
			res := run(t.Context(), &templates.Build{Builder: &oven{diary: &diary{}}, Provisioners: []*templates.Step{s}})
			if n != c.attempts {
				t.Errorf("%d attempts, want %d", n, c.attempts)
			}
			if err := res[0].Err; (err == nil) != (c.errorContains == "") || err != nil && !strings.Contains(err.Error(), c.errorContains) {
				t.Errorf("error %v, want %q", err, c.errorContains)
			}
		})
	}
}

func TestCancelClosesTheMachineAndSaysWhy(t *testing.T) {
	d := &diary{}
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	s := step(func(ctx context.Context) error { cancel(why); <-ctx.Done(); return ctx.Err() })
	s.MaxRetries = 9
	res := run(ctx, &templates.Build{Builder: &oven{diary: d, name: "a"}, Provisioners: []*templates.Step{s}})
	if !errors.Is(res[0].Err, why) {
		t.Errorf("error %v", res[0].Err)
	}
	if got := d.String(); got != "boot:a close:a" {
		t.Errorf("went: %s", got)
	}
}

func TestMachinesStayWithinTheHostsMemory(t *testing.T) {
	running := make(chan struct{}, 2) // two machines of 50 MiB fit into 100
	var all []*templates.Build
	for i := range 6 {
		all = append(all, &templates.Build{ID: fmt.Sprint(i), Builder: &oven{diary: &diary{}, name: "x", memory: 50, running: running}})
	}
	for _, r := range run(t.Context(), all...) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	huge := &templates.Build{Builder: &oven{diary: &diary{}, memory: 1 << 20}}
	if r := run(t.Context(), huge); r[0].Err != nil {
		t.Error("a machine larger than the host never runs:", r[0].Err)
	}
}

func TestAFailedCleanUpIsReported(t *testing.T) {
	stuck := errors.New("stuck")
	res := run(t.Context(), &templates.Build{Builder: &oven{diary: &diary{}, closeErr: stuck}})
	if !errors.Is(res[0].Err, stuck) {
		t.Errorf("error %v", res[0].Err)
	}
}

// press is a post-processor: "look" returns its input, "make" a new artifact, "fail" fails.
type press struct {
	does   string
	keep   bool
	forced bool
}

func (p press) KeepInput() (byDefault, forced bool) { return p.keep, p.forced }
func (p press) Process(_ context.Context, in *artifact.Artifact, _ *ui.UI) (*artifact.Artifact, error) {
	switch p.does {
	case "look":
		return in, nil
	case "fail":
		return nil, errors.New("press broke")
	}
	return &artifact.Artifact{ID: in.ID + "+" + p.does}, nil
}

func TestChains(t *testing.T) {
	no := false
	chain := func(steps ...*templates.PostStep) []*templates.PostStep { return steps }
	post := func(p press, keep *bool) *templates.PostStep {
		return &templates.PostStep{Type: "press", KeepInput: keep, Decode: func(builders.Info, postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics) {
			return p, nil
		}}
	}
	cases := []struct {
		name      string
		chains    [][]*templates.PostStep
		kept      string
		destroyed bool
		fails     bool
	}{
		{"none keeps the image", nil, "img", false, false},
		{"looking keeps it", [][]*templates.PostStep{chain(post(press{does: "look"}, nil))}, "img", false, false},
		{"making consumes it", [][]*templates.PostStep{chain(post(press{does: "a"}, nil))}, "img+a", true, false},
		{"a keeper keeps it", [][]*templates.PostStep{chain(post(press{does: "a", keep: true}, nil))}, "img img+a", false, false},
		{"unless told not to", [][]*templates.PostStep{chain(post(press{does: "a", keep: true}, &no))}, "img+a", true, false},
		{"forced keepers are not told", [][]*templates.PostStep{chain(post(press{does: "a", keep: true, forced: true}, &no))}, "img img+a", false, false},
		{"a sequence consumes step by step", [][]*templates.PostStep{chain(post(press{does: "a"}, nil), post(press{does: "b"}, nil))}, "img+a+b", true, false},
		{"any chain can keep it", [][]*templates.PostStep{chain(post(press{does: "a"}, nil)), chain(post(press{does: "look"}, nil))}, "img img+a", false, false},
		{"after a look it can be dropped", [][]*templates.PostStep{chain(post(press{does: "look"}, nil), post(press{does: "a"}, nil))}, "img+a", true, false},
		{"but not before the last chain had it", [][]*templates.PostStep{chain(post(press{does: "look"}, nil), post(press{does: "a"}, nil)), chain(post(press{does: "look"}, nil))}, "img img+a", false, false},
		{"a failure keeps it for later", [][]*templates.PostStep{chain(post(press{does: "fail"}, nil)), chain(post(press{does: "a"}, nil))}, "img img+a", false, true},
		{"what was made before a failure is told", [][]*templates.PostStep{chain(post(press{does: "a", keep: true}, nil), post(press{does: "b", keep: true}, nil), post(press{does: "fail"}, nil))}, "img img+a img+a+b", false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := &diary{}
			res := run(t.Context(), &templates.Build{Builder: &oven{diary: d, name: "img"}, PostProcessors: c.chains})
			var ids []string
			for _, a := range res[0].Artifacts {
				ids = append(ids, a.ID)
			}
			if got := strings.Join(ids, " "); got != c.kept {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
			if destroyed := strings.Contains(d.String(), "destroy"); destroyed != c.destroyed {
				t.Errorf("destroyed: %t, want %t", destroyed, c.destroyed)
			}
			if (res[0].Err != nil) != c.fails {
				t.Errorf("error %v", res[0].Err)
			}
		})
	}
}
