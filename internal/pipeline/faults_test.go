package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/templates"
)

// TestFailures have a build end early, or be worth less: what was well before is
// remembered.
func TestFailures(t *testing.T) {
	fails := func(context.Context) error { return errBoom }
	for _, c := range []struct {
		name   string
		change func(*templates.Build)
		fails  bool
		next   string // how the next build goes, in which all is well
	}{
		{"a step", func(b *templates.Build) { b.Provisioners[1] = does("y", fails) }, true, "resume:boot+x run:y run:z seal:a close:a"},
		{"the first step", func(b *templates.Build) { b.Provisioners[0] = does("x", fails) }, true, "resume:boot run:x run:y run:z seal:a close:a"},
		{"one that may fail", func(b *templates.Build) {
			b.Provisioners[1] = does("y", fails)
			b.Provisioners[1].ContinueOnError = true
		}, false, "resume:boot+x run:y run:z seal:a close:a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			b, _ := y.build("a", does("x"), does("y"), does("z"))
			c.change(b)
			if res := y.bake(t.Context(), b); (res[0].Err != nil) != c.fails {
				t.Errorf("got %v", res[0].Err)
			}
			b, k := y.build("a", does("x"), does("y"), does("z"))
			k.force = true // an image of a tolerated failure is not taken for a good one
			if res := y.bake(t.Context(), b); res[0].Err != nil {
				t.Error(res[0].Err)
			}
			y.went(c.next)
		})
	}
}

// TestChangedWhileItRan has a script be edited while it runs.
func TestChangedWhileItRan(t *testing.T) {
	y := newBakery(t)
	script := "one"
	edited := does("y", func(context.Context) error { script = "two"; return nil })
	edited.Facts = func(stepkey.Hider) ([]stepkey.Fact, error) {
		return []stepkey.Fact{stepkey.Text("file y.sh", "sha256:"+script)}, nil
	}
	b, k := y.build("a", does("x"), edited, does("z"))
	if res := y.bake(t.Context(), b); res[0].Err != nil {
		t.Fatal(res[0].Err)
	}
	y.told("from here on the machine is not remembered: since the build began, file y.sh changed", 1)
	if n, _ := y.kept(); n != 2 {
		t.Errorf("%d machines are remembered", n)
	}
	script, k.force = "one", true
	if res := y.bake(t.Context(), b); res[0].Err != nil {
		t.Fatal(res[0].Err)
	}
	y.went("resume:boot+x run:y run:z seal:a close:a")
}

// TestNotStarted has remembered machines that cannot be used.
func TestNotStarted(t *testing.T) {
	const all, x, xy = "resume:boot+x+y", "resume:boot+x", "boot+x+y"
	for _, c := range []struct {
		name  string
		spoil func(y *bakery, k *kiln)
		went  string
		told  string
		next  string // the build after that
	}{
		{"too short", func(y *bakery, _ *kiln) { y.spoil("y", "") }, x + " run:y seal:a close:a", "is damaged", all + " seal:a close:a"},
		{"a flipped bit", func(y *bakery, _ *kiln) { y.spoil("y", "boot+x+Y") }, x + " run:y seal:a close:a", "does not start again: the machine remembered as", all + " seal:a close:a"},
		{"a flipped bit at the bottom", func(y *bakery, _ *kiln) { y.spoil("boot", "BOOT") }, "boot:a run:x run:y seal:a close:a", "does not start again: the machine remembered as", all + " seal:a close:a"},
		{"it does not resume", func(_ *bakery, k *kiln) { k.resumeErr = map[string]error{xy: errBoom} }, all + " " + x + " run:y seal:a close:a", "does not start again: boom", all + " seal:a close:a"},
		{"nobody gets in", func(_ *bakery, k *kiln) { k.guestErr = map[string]error{xy: errBoom} }, all + " close:a " + x + " run:y seal:a close:a", "does not start again: boom", all + " seal:a close:a"},
		{"none of them", func(_ *bakery, k *kiln) {
			k.resumeErr = map[string]error{xy: errBoom, "boot+x": errBoom, "boot": errBoom}
		}, all + " " + x + " resume:boot boot:a run:x run:y seal:a close:a", "after boot does not start again: boom", all + " seal:a close:a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			y.steps(does("x"), does("y"))
			b, k := y.build("a", does("x"), does("y"))
			c.spoil(y, k)
			y.must(b)
			y.went(c.went)
			y.told(c.told, 1)
			y.steps(does("x"), does("y"))
			y.went(c.next)
			y.told("start again", 0)
		})
	}
}

// spoil writes what the machine after a step is to have been.
func (y *bakery) spoil(step, text string) {
	y.Helper()
	all, err := filepath.Glob(filepath.Join(y.options.Store.Dir(), strings.Repeat("?", 64), "state"))
	if err != nil {
		y.Fatal(err)
	}
	for _, path := range all {
		is, err := os.ReadFile(path)
		if err == nil && strings.HasSuffix(string(is), step) {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err != nil {
			y.Fatal(err)
		}
	}
}

// TestTheHostIsAtFault has nothing be lost when no machine starts at all.
func TestTheHostIsAtFault(t *testing.T) {
	y := newBakery(t)
	y.steps(does("x"), does("y"))
	b, k := y.build("a", does("x"), does("y"))
	if err := os.RemoveAll(k.dir); err != nil {
		t.Fatal(err)
	}
	k.resumeErr, k.bootErr = map[string]error{"boot": errBoom, "boot+x": errBoom, "boot+x+y": errBoom}, errBoom
	if res := y.bake(t.Context(), b); !errors.Is(res[0].Err, errBoom) {
		t.Errorf("got %v", res[0].Err)
	}
	y.steps(does("x"), does("y"))
	y.went("resume:boot+x+y seal:a close:a")
}

// TestWithoutFreezing has freezing fail: the build goes on.
func TestWithoutFreezing(t *testing.T) {
	for name, spoil := range map[string]func(*kiln){
		"freezing":  func(k *kiln) { k.freezeErr = errBoom },
		"finishing": func(k *kiln) { k.finishErr = errBoom },
	} {
		t.Run(name, func(t *testing.T) {
			y := newBakery(t)
			b, k := y.build("a", does("x"), does("y", func(context.Context) error {
				if left, _ := filepath.Glob(filepath.Join(y.options.Store.Dir(), "claims", "*")); left != nil {
					t.Errorf("others wait for what will not be: %q", left)
				}
				return nil
			}), does("z"))
			spoil(k)
			y.must(b)
			y.went("boot:a run:x run:y run:z seal:a close:a")
			y.told("from here on the machine is not remembered: boom", 1)
			if n, _ := y.kept(); n != 0 {
				t.Errorf("%d machines are remembered", n)
			}
		})
	}
}

func TestInterrupted(t *testing.T) {
	for _, when := range []string{"step", "finishing", "freezing"} {
		t.Run(when, func(t *testing.T) {
			y := newBakery(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			stop := func(ctx context.Context) error { cancel(errBoom); <-ctx.Done(); return context.Cause(ctx) }
			b, k := y.build("a", does("x"), does("y"))
			switch when {
			case "step":
				b.Provisioners[1] = does("y", stop)
			case "finishing":
				k.finishing = func() { cancel(errBoom) }
			case "freezing":
				b.Provisioners[0] = does("x", func(context.Context) error { cancel(errBoom); return nil })
			}
			if res := y.bake(ctx, b); !errors.Is(res[0].Err, errBoom) {
				t.Errorf("got %v", res[0].Err)
			}
			y.told("remembered", 0)
			y.steps(does("x"), does("y"))
			if got := y.diary.String(); !strings.HasPrefix(got, "resume:boot") {
				t.Errorf("went %s", got)
			}
		})
	}
}

// TestSecretsAreNotKept looks for passwords of the template and of the builder.
func TestSecretsAreNotKept(t *testing.T) {
	y := newBakery(t)
	y.options.Secrets = []string{"hush-hush"}
	b, k := y.build("a", does("echo hush-hush"), does("echo pass-word | sudo -S true"))
	k.secrets = []string{"pass-word"}
	if res := y.bake(t.Context(), b); res[0].Err != nil {
		t.Fatal(res[0].Err)
	}
	var all []*checkpoint.Checkpoint
	list, _ := y.options.Store.List()
	for _, i := range list {
		c, err := y.options.Store.Find(i.Key)
		if err != nil || c == nil {
			t.Fatal(err)
		}
		all = append(all, c)
		text, err := os.ReadFile(c.Path("meta.json"))
		if err != nil || strings.Contains(string(text), "hush") || strings.Contains(string(text), "pass-word") {
			t.Errorf("%v: %s", err, text)
		}
	}
	if len(all) != 3 {
		t.Errorf("%d machines are remembered", len(all))
	}
}
