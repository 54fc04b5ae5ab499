package pipeline

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/templates"
)

// TestGoesOn bakes the steps x, y and z, and then again with a change.
func TestGoesOn(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*templates.Build, *kiln)
		went   string
	}{
		{"nothing", func(*templates.Build, *kiln) {}, "resume:boot+x+y+z seal:a close:a"},
		{"the last step", func(b *templates.Build, _ *kiln) { b.Provisioners[2] = does("Z") }, "resume:boot+x+y run:Z seal:a close:a"},
		{"a step in the middle", func(b *templates.Build, _ *kiln) { b.Provisioners[1] = does("Y") }, "resume:boot+x run:Y run:z seal:a close:a"},
		{"the first step", func(b *templates.Build, _ *kiln) { b.Provisioners[0] = does("X") }, "resume:boot run:X run:y run:z seal:a close:a"},
		{"what steps see", func(_ *templates.Build, k *kiln) { k.facts.Steps = []stepkey.Fact{stepkey.Text("served", "1")} }, "resume:boot run:x run:y run:z seal:a close:a"},
		{"the base", func(_ *templates.Build, k *kiln) { k.facts.Boot[0].Value = "sha256:2" }, "boot:a run:x run:y run:z seal:a close:a"},
		{"the kind of builder", func(b *templates.Build, _ *kiln) { b.Type = "oven" }, "boot:a run:x run:y run:z seal:a close:a"},
		{"one step more", func(b *templates.Build, _ *kiln) { b.Provisioners = append(b.Provisioners, does("more")) }, "resume:boot+x+y+z run:more seal:a close:a"},
		{"one step less", func(b *templates.Build, _ *kiln) { b.Provisioners = b.Provisioners[:2] }, "resume:boot+x+y seal:a close:a"},
		{"no step", func(b *templates.Build, _ *kiln) { b.Provisioners = nil }, "resume:boot seal:a close:a"},
		{"another order", func(b *templates.Build, _ *kiln) {
			b.Provisioners[1], b.Provisioners[2] = b.Provisioners[2], b.Provisioners[1]
		}, "resume:boot+x run:z run:y seal:a close:a"},
		{"its name", func(b *templates.Build, _ *kiln) { b.ID, b.Name = "kiln.other", "other" }, "resume:boot+x+y+z seal:a close:a"},
		{"it is not to be remembered", func(b *templates.Build, _ *kiln) { b.Cache.Off = true }, "boot:a run:x run:y run:z seal:a close:a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			y.steps(does("x"), does("y"), does("z"))
			y.went("boot:a run:x run:y run:z seal:a close:a")
			b, k := y.build("a", does("x"), does("y"), does("z"))
			c.change(b, k)
			y.must(b)
			y.went(c.went)
			y.told("not remembered", 0)
		})
	}
}

// TestSaved has each step take a minute.
func TestSaved(t *testing.T) {
	y := newBakery(t)
	b, k := y.build("a", does("x"), does("y"))
	k.slow = time.Minute
	y.must(b)
	y.told("what was remembered", 0)
	y.steps(does("x"), does("z"))
	y.told("what was remembered saved 2m0s", 1) // the boot and x
}

// TestAges has all that was remembered be too old for some steps.
func TestAges(t *testing.T) {
	const soon = time.Nanosecond
	for _, c := range []struct {
		name   string
		ages   bool
		most   time.Duration // of the command line
		change func(*templates.Build)
		went   string
	}{
		{"nothing", true, 0, func(*templates.Build) {}, "resume:boot+x+y seal:a close:a"},
		{"a boot of the base's own has no age", false, soon, func(*templates.Build) {}, "resume:boot run:x run:y seal:a close:a"},
		{"a boot of the template's has", true, soon, func(*templates.Build) {}, "boot:a run:x run:y seal:a close:a"},
		{"a step", true, 0, func(b *templates.Build) { b.Provisioners[1].Cache.MaxAge = soon }, "resume:boot+x run:y seal:a close:a"},
		{"an early step", true, 0, func(b *templates.Build) { b.Provisioners[0].Cache.MaxAge = soon }, "resume:boot run:x run:y seal:a close:a"},
		{"a build", true, 0, func(b *templates.Build) { b.Cache.MaxAge = soon }, "boot:a run:x run:y seal:a close:a"},
		{"a step before its build", false, 0, func(b *templates.Build) {
			b.Cache.MaxAge, b.Provisioners[0].Cache.MaxAge = soon, time.Hour
		}, "resume:boot+x run:y seal:a close:a"},
		{"a build before the command line", true, soon, func(b *templates.Build) { b.Cache.MaxAge = time.Hour }, "resume:boot+x+y seal:a close:a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			for _, again := range []bool{false, true} {
				b, k := y.build("a", does("x"), does("y"))
				k.facts.Ages = c.ages
				if again {
					y.options.MaxAge = c.most
					c.change(b)
				}
				y.must(b)
			}
			y.went(c.went)
			began := time.Now()
			if n, _ := y.kept(); n != 3 {
				t.Errorf("%d machines are remembered", n)
			}
			y.options.MaxAge = 0
			y.steps(does("x"), does("y")) // which were made anew
			if strings.Contains(y.diary.String(), "run:") && !c.ages {
				t.Errorf("what is too old has not given way: %s", y.diary)
			}
			if _, oldest := y.kept(); oldest > time.Since(began)+time.Minute {
				t.Errorf("the oldest is of %s ago", oldest)
			}
		})
	}
}

// TestStaleGivesWay has a step be too old for one build, whose new one is of use
// for the next.
func TestStaleGivesWay(t *testing.T) {
	y := newBakery(t)
	y.steps(does("x"), does("y"))
	old, _ := y.options.Store.List()
	b, _ := y.build("a", does("x"), does("y"))
	b.Provisioners[0].Cache.MaxAge = time.Nanosecond
	y.must(b)
	y.went("resume:boot run:x run:y seal:a close:a")
	now, _ := y.options.Store.List()
	anew := 0
	for i := range now {
		if !now[i].Made.Equal(old[i].Made) {
			anew++
		}
	}
	if len(now) != 3 || anew != 2 {
		t.Errorf("%d machines, %d made anew", len(now), anew)
	}
	y.steps(does("x"), does("y"))
	y.went("resume:boot+x+y seal:a close:a")
}

// TestUnnamed has a step that is always run, and all that follow.
func TestUnnamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*templates.Step)
		why    string
	}{
		"told so":    {func(s *templates.Step) { s.Cache.Off = true }, `nothing is remembered from here on: provisioner "work": cache = false`},
		"unnameable": {unnamed(stepkey.Unnamed("it is odd")), `nothing is remembered from here on: provisioner "work": it is odd`},
		"not there":  {unnamed(errGone), `nothing is remembered from here on: provisioner "work": it is gone`},
	} {
		t.Run(name, func(t *testing.T) {
			y := newBakery(t)
			for _, want := range []string{"boot:a run:x run:y run:z seal:a close:a", "resume:boot+x run:y run:z seal:a close:a"} {
				odd := does("y")
				facts := odd.Facts
				c.change(odd)
				b, k := y.build("a", does("x"), odd, does("z"))
				if res := y.bake(t.Context(), b); res[0].Err != nil {
					t.Fatal(res[0].Err)
				}
				y.went(want)
				y.told(c.why, 1)
				if n, _ := y.kept(); n != 2 {
					t.Errorf("%d machines are remembered", n)
				}
				odd.Facts = facts
				if err := os.RemoveAll(k.dir); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	y := newBakery(t)
	b, k := y.build("a", does("x"))
	k.unnamed = stepkey.Unnamed("nobody enters")
	y.must(b)
	y.told("this build is not remembered: nobody enters", 1)
	if n, _ := y.kept(); n != 0 {
		t.Errorf("%d machines are remembered", n)
	}
}

func unnamed(err error) func(*templates.Step) {
	return func(s *templates.Step) {
		s.Facts = func(stepkey.Hider) ([]stepkey.Fact, error) { return nil, err }
	}
}

func TestAStepThatCannotBeRead(t *testing.T) {
	y := newBakery(t)
	bad := does("y")
	unnamed(errBoom)(bad)
	b, _ := y.build("a", does("x"), bad)
	var f *Failure
	res := y.bake(t.Context(), b)
	if !errors.As(res[0].Err, &f) || f.Step != `provisioner "work"` || f.Range.Start.Line != 7 || !errors.Is(f, errBoom) {
		t.Errorf("got %v", res[0].Err)
	}
	y.went("")
}
