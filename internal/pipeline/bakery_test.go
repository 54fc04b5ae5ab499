package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// bakery bakes again and again with one store.
type bakery struct {
	*testing.T
	*diary
	options Options
	said    *bytes.Buffer
	dir     string // of images, a folder for each build
}

func newBakery(t *testing.T) *bakery {
	t.Helper()
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	y := &bakery{T: t, dir: t.TempDir(), said: &bytes.Buffer{}}
	y.options = Options{Options: memory.Options{Store: store, Template: "t.pkr.hcl"}}
	return y
}

// build is a build of these steps, whose image was not made yet.
func (y *bakery) build(name string, steps ...*templates.Step) (*templates.Build, *kiln) {
	k := &kiln{oven: oven{name: name}, dir: filepath.Join(y.dir, name)}
	k.facts = builders.Facts{
		Boot:  []stepkey.Fact{stepkey.Text("base", "sha256:1")},
		Image: []stepkey.Fact{stepkey.Text("option output_directory", k.dir)},
	}
	return &templates.Build{ID: "kiln." + name, Type: "kiln", Name: name, Builder: k, Provisioners: steps}, k
}

// bake runs builds, and looks whether they leave anything in the store but
// checkpoints.
func (y *bakery) bake(ctx context.Context, builds ...*templates.Build) []Result {
	y.Helper()
	y.diary = &diary{}
	y.said.Reset()
	for _, b := range builds {
		b.Builder.(*kiln).diary = y.diary
	}
	all := Run(ctx, &templates.Plan{Builds: builds}, y.options, ui.New(ui.Options{Stderr: y.said}))
	for _, pattern := range []string{"draft-*", "trash-*", "claims/*"} {
		if left, _ := filepath.Glob(filepath.Join(y.options.Store.Dir(), pattern)); left != nil {
			y.Errorf("left in the store: %q", left)
		}
	}
	list, err := y.options.Store.List()
	if err != nil {
		y.Error(err)
	}
	for _, i := range list {
		if i.InUse {
			y.Errorf("%s is held", i.Title)
		}
	}
	return all
}

// steps bakes one build of such steps that must succeed.
func (y *bakery) steps(steps ...*templates.Step) {
	y.Helper()
	b, _ := y.build("a", steps...)
	y.must(b)
}

// must bakes a build, anew even if its image is there, and looks at the image.
func (y *bakery) must(b *templates.Build) {
	y.Helper()
	k := b.Builder.(*kiln)
	if err := os.RemoveAll(k.dir); err != nil {
		y.Fatal(err)
	}
	if res := y.bake(y.Context(), b); res[0].Err != nil {
		y.Fatal(res[0].Err)
	}
	want := "boot"
	for _, s := range b.Provisioners {
		facts, _ := s.Facts(stepkey.Hider{})
		want += "+" + facts[0].Value
	}
	if text, err := os.ReadFile(filepath.Join(k.dir, "image")); string(text) != want {
		y.Errorf("the image is of %s, want %s: %v", text, want, err)
	}
}

// went compares what happened.
func (y *bakery) went(want string) {
	y.Helper()
	if got := y.diary.String(); got != want {
		y.Errorf("went %q, want %q", got, want)
	}
}

// told looks for a text that is said so often.
func (y *bakery) told(text string, times int) {
	y.Helper()
	if n := strings.Count(y.said.String(), text); n != times {
		y.Errorf("%q is said %d times, want %d:\n%s", text, n, times, y.said)
	}
}

// kept are the titles and ages of what is in the store.
func (y *bakery) kept() (n int, oldest time.Duration) {
	y.Helper()
	list, err := y.options.Store.List()
	if err != nil {
		y.Fatal(err)
	}
	for _, i := range list {
		oldest = max(oldest, time.Since(i.Made))
	}
	return len(list), oldest
}

var errGone = fmt.Errorf("it is gone: %w", os.ErrNotExist)
