package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

// wrap is a post-processor that makes a file of its own, or only looks.
type wrap struct {
	y     *bakery
	makes string // path, "" for none
}

func (w wrap) Process(_ context.Context, in *artifact.Artifact, _ *ui.UI) (*artifact.Artifact, error) {
	w.y.note("wrap")
	if w.makes == "" {
		return in, nil
	}
	return &artifact.Artifact{ID: "wrapped", Files: []string{w.makes}}, os.WriteFile(w.makes, []byte("wrapped"), 0o600)
}

// wraps is a chain of one; with an error it cannot tell what it depends on.
func (y *bakery) wraps(makes string, keep *bool, err error) [][]*templates.PostStep {
	return [][]*templates.PostStep{{{
		Type: "wrap", KeepInput: keep,
		Facts: func(stepkey.Hider) ([]stepkey.Fact, error) {
			return []stepkey.Fact{stepkey.Text("option output", makes)}, err
		},
		Decode: func(builders.Info, postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics) {
			return wrap{y, makes}, nil
		},
	}}}
}

// TestUnchanged bakes a build, and then again with a change in the world.
func TestUnchanged(t *testing.T) {
	yes, no := true, false
	impure := stepkey.Unnamed("it may do more")
	const rebake = "resume:boot+x seal:a close:a"
	for _, c := range []struct {
		name   string
		makes  bool
		keep   *bool
		err    error // of naming the post-processor
		change func(y *bakery, b *templates.Build, k *kiln)
		went   string
		kept   string // IDs
		fails  bool
	}{
		{name: "nothing", kept: "a"},
		{name: "nothing, and it is made something of", makes: true, keep: &yes, kept: "a wrapped"},
		{name: "nothing, and its input is gone", makes: true, keep: &no, kept: "wrapped"},
		{name: "nothing, but who knows", err: impure, went: "wrap", kept: "a"},
		{name: "the image is gone", change: func(_ *bakery, _ *templates.Build, k *kiln) { _ = os.RemoveAll(k.dir) }, went: rebake + " wrap", kept: "a"},
		{name: "the image is another", change: func(y *bakery, _ *templates.Build, k *kiln) { y.write(k, "other") }, fails: true},
		{name: "the same, with -force", change: func(y *bakery, _ *templates.Build, k *kiln) { k.force = true; y.write(k, "other") }, went: rebake + " wrap", kept: "a"},
		{name: "what was made is gone", makes: true, keep: &yes, change: func(y *bakery, _ *templates.Build, _ *kiln) { _ = os.Remove(y.product()) }, went: "wrap", kept: "a wrapped"},
		{name: "and its input, too", makes: true, keep: &no, change: func(y *bakery, _ *templates.Build, _ *kiln) { _ = os.Remove(y.product()) }, went: rebake + " wrap destroy:a", kept: "wrapped"},
		{name: "an option", change: func(_ *bakery, b *templates.Build, _ *kiln) { b.Provisioners[0] = does("X") }, fails: true},
		{name: "an option, with -force", change: func(_ *bakery, b *templates.Build, k *kiln) {
			b.Provisioners[0], k.force = does("X"), true
		}, went: "resume:boot run:X seal:a close:a wrap", kept: "a"},
		{name: "an option of the image", change: func(_ *bakery, _ *templates.Build, k *kiln) { k.facts.Image, k.force = nil, true }, went: rebake + " wrap", kept: "a"},
		{name: "of the post-processor", makes: true, keep: &yes, change: func(y *bakery, b *templates.Build, _ *kiln) {
			b.PostProcessors = y.wraps("", nil, nil)
		}, went: "wrap", kept: "a"},
		{name: "whether its input is kept", makes: true, keep: &yes, change: func(_ *bakery, b *templates.Build, _ *kiln) { b.PostProcessors[0][0].KeepInput = &no }, went: "wrap destroy:a", kept: "wrapped"},
		{name: "an age", change: func(y *bakery, _ *templates.Build, _ *kiln) { y.options.MaxAge = time.Nanosecond }, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			build := func() (*templates.Build, *kiln) {
				b, k := y.build("a", does("x"))
				makes := ""
				if c.makes {
					makes = y.product()
				}
				b.PostProcessors = y.wraps(makes, c.keep, c.err)
				return b, k
			}
			b, _ := build()
			if res := y.bake(t.Context(), b); res[0].Err != nil {
				t.Fatal(res[0].Err)
			}
			b, k := build()
			if c.change != nil {
				c.change(y, b, k)
			}
			res := y.bake(t.Context(), b)
			if errors.Is(res[0].Err, errClosed) != c.fails || !c.fails && res[0].Err != nil {
				t.Fatalf("got %v", res[0].Err)
			}
			y.went(c.went)
			if got := ids(res[0]); got != c.kept {
				t.Errorf("kept %q, want %q", got, c.kept)
			}
			if c.went == "" && !c.fails {
				y.told("nothing has changed", 1)
			}
		})
	}
}

// product is where a post-processor's file is.
func (y *bakery) product() string { return filepath.Join(y.dir, "wrapped") }

func (y *bakery) write(k *kiln, text string) {
	y.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, "image"), []byte(text), 0o600); err != nil {
		y.Fatal(err)
	}
}

func ids(r Result) string {
	var all []string
	for _, a := range r.Artifacts {
		all = append(all, a.ID)
	}
	return strings.Join(all, " ")
}

// TestUnchangedBase has a build start from another one that nobody asked for.
func TestUnchangedBase(t *testing.T) {
	for _, c := range []struct {
		name   string
		impure bool // the base has a post-processor that does who knows what
		change func(base, child *templates.Build)
		went   string
		fails  bool
	}{
		{name: "nothing"},
		{name: "nothing, of a base that is processed", impure: true},
		{name: "the child", change: func(_, child *templates.Build) { child.Provisioners = nil }, fails: true},
		{name: "the base", change: func(base, _ *templates.Build) { base.Provisioners = nil }, fails: true},
		{name: "the child, which may be replaced", change: func(_, child *templates.Build) {
			child.Provisioners, child.Builder.(*kiln).force = []*templates.Step{does("Y")}, true
		}, went: "resume:boot run:Y seal:child close:child"},
		{name: "the base's image is gone", change: func(base, _ *templates.Build) { _ = os.RemoveAll(base.Builder.(*kiln).dir) }, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			plan := func() (base, child *templates.Build) {
				base, _ = y.build("base", does("x"))
				base.Implicit = true
				if c.impure {
					base.PostProcessors = y.wraps("", nil, stepkey.Unnamed("it may do more"))
				}
				child, k := y.build("child", does("y"))
				k.facts.Boot[0].Value, child.Base = "sha256:2", base
				return base, child
			}
			base, child := plan()
			for _, r := range y.bake(t.Context(), base, child) {
				if r.Err != nil {
					t.Fatal(r.Err)
				}
			}
			base, child = plan()
			if c.change != nil {
				c.change(base, child)
			}
			all := y.bake(t.Context(), base, child)
			at := slices.IndexFunc(all, func(r Result) bool { return r.Build == child })
			if err := all[at].Err; errors.Is(err, errClosed) != c.fails || !c.fails && err != nil {
				t.Errorf("got %v", err)
			}
			y.went(c.went)
		})
	}
}

// TestSideBySide bakes builds at once that have steps in common: each is done
// once, the first one that gets there does it.
func TestSideBySide(t *testing.T) {
	for _, c := range []struct {
		name  string
		last  [2]string
		fails bool // the first one fails once
		ran   map[string]int
	}{
		{name: "the same", last: [2]string{"z", "z"}, ran: map[string]int{"boot:": 1, "run:x": 1, "run:y": 1, "run:z": 1, "seal:": 2}},
		{name: "until the last step", last: [2]string{"z1", "z2"}, ran: map[string]int{"boot:": 1, "run:x": 1, "run:y": 1, "run:z1": 1, "run:z2": 1, "seal:": 2}},
		{name: "one fails", last: [2]string{"z", "z"}, fails: true, ran: map[string]int{"boot:": 1, "run:x": 1, "run:y": 2, "run:z": 1, "seal:": 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			var all []*templates.Build
			broken := make(chan struct{}, 1)
			broken <- struct{}{}
			for i, name := range []string{"a", "b"} {
				b, _ := y.build(name, does("x"), does("y", func(context.Context) error {
					if !c.fails {
						return nil
					}
					select {
					case <-broken:
						return errBoom
					default:
						return nil
					}
				}), does(c.last[i]))
				all = append(all, b)
			}
			failed := 0
			for _, r := range y.bake(t.Context(), all...) {
				if r.Err != nil {
					failed++
				}
			}
			if failed != c.ran["run:y"]-1 {
				t.Errorf("%d failed", failed)
			}
			for text, times := range c.ran {
				if n := strings.Count(y.diary.String(), text); n != times {
					t.Errorf("%s %d times, want %d: %s", text, n, times, y.diary)
				}
			}
			y.told("not remembered", 0)
		})
	}
}

// TestOnlyKeyed has a builder whose machines cannot be frozen, but whose images
// are remembered.
func TestOnlyKeyed(t *testing.T) {
	y := newBakery(t)
	for _, want := range []string{"boot:a seal:a close:a", ""} {
		k := &kiln{oven: oven{name: "a", diary: &diary{}}, dir: filepath.Join(y.dir, "a")}
		k.facts.Boot = []stepkey.Fact{stepkey.Text("packages", "1")}
		b := &templates.Build{ID: "keyed.a", Type: "keyed", Builder: keyed{k}}
		res := Run(t.Context(), &templates.Plan{Builds: []*templates.Build{b}}, y.options, nil)
		if res[0].Err != nil || ids(res[0]) != "a" {
			t.Errorf("got %v, %v", res[0].Artifacts, res[0].Err)
		}
		if got := k.diary.String(); got != want {
			t.Errorf("went %q, want %q", got, want)
		}
	}
}

// keyed is a kiln that cannot resume.
type keyed struct{ builders.Keyed }

func (k keyed) Boot(ctx context.Context, out *ui.UI) (builders.Machine, error) {
	return k.Keyed.(*kiln).Boot(ctx, out)
}
