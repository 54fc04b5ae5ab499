package memory

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// source is a builder of which only the facts are asked.
type source struct {
	builders.Builder
	facts builders.Facts
	err   error
}

func (s *source) Facts(context.Context, builders.Reader, *ui.UI) (builders.Facts, error) {
	return s.facts, s.err
}

func (s *source) Existing() (*artifact.Artifact, error) { return nil, os.ErrNotExist }

func (s *source) Secrets() []string { return []string{"pass-word"} }

func openStore(t *testing.T) *checkpoint.Store {
	t.Helper()
	s, err := checkpoint.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// step is one that depends on a line; with an error that cannot be told.
func step(name, line string, err error) *templates.Step {
	return &templates.Step{
		Type: "shell", Name: name, Range: hcl.Range{Filename: "t", Start: hcl.Pos{Line: len(name)}},
		Facts: func(h stepkey.Hider) ([]stepkey.Fact, error) {
			return []stepkey.Fact{stepkey.Text("option inline", h.Hide(line))}, err
		},
	}
}

// build is one of two steps.
func build() (*templates.Build, *source) {
	s := &source{facts: builders.Facts{
		Boot: []stepkey.Fact{stepkey.Text("base", "1")}, Steps: []stepkey.Fact{stepkey.Text("served", "1")},
		Image: []stepkey.Fact{stepkey.Text("folder", "1")},
	}}
	return &templates.Build{ID: "qemu.a", Type: "qemu", Builder: s, Provisioners: []*templates.Step{step("", "a", nil), step("two", "b pass-word", nil)}}, s
}

func TestRecall(t *testing.T) {
	store := openStore(t)
	boom := errors.New("boom")
	for _, c := range []struct {
		name   string
		change func(*templates.Build, *source)
		steps  string // titles; "" for no memory
		why    string // of no memory, or of the first step that cannot be named
		image  bool
		err    error
	}{
		{"all", func(*templates.Build, *source) {}, `boot, provisioner "shell", provisioner "shell" (two)`, "", true, nil},
		{"nothing to do", func(b *templates.Build, _ *source) { b.Provisioners = nil }, "boot", "", true, nil},
		{"a step that cannot", func(b *templates.Build, _ *source) { b.Provisioners[1] = step("two", "b", stepkey.Unnamed("odd")) }, `boot, provisioner "shell"`, `provisioner "shell" (two): odd`, false, nil},
		{"a step that must not", func(b *templates.Build, _ *source) { b.Provisioners[0].Cache.Off = true }, "boot", `provisioner "shell": cache = false`, false, nil},
		{"a file that is to come", func(b *templates.Build, _ *source) { b.Provisioners[0] = step("", "b", os.ErrNotExist) }, "boot", `provisioner "shell": file does not exist`, false, nil},
		{"a step that is bad", func(b *templates.Build, _ *source) { b.Provisioners[0] = step("", "b", boom) }, "", "", false, boom},
		{"a builder that cannot", func(_ *templates.Build, s *source) { s.err = stepkey.Unnamed("nobody enters") }, "", "nobody enters", false, nil},
		{"a builder that fails", func(_ *templates.Build, s *source) { s.err = boom }, "", "", false, boom},
		{"a builder that does not know", func(b *templates.Build, s *source) { b.Builder = s.Builder }, "", "", false, nil},
		{"a build that must not", func(b *templates.Build, _ *source) { b.Cache.Off = true }, "", "", false, nil},
	} {
		b, s := build()
		c.change(b, s)
		m, why, err := Recall(t.Context(), b, Options{Store: store}, nil)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: error %v", c.name, err)
		}
		if m == nil {
			if c.steps != "" || why != c.why {
				t.Errorf("%s: none: %s", c.name, why)
			}
			continue
		}
		var titles []string
		for _, s := range m.Steps {
			titles = append(titles, s.Title)
		}
		if got := strings.Join(titles, ", "); got != c.steps || m.Unnamed != c.why || (m.Image != "") != c.image {
			t.Errorf("%s: %s; %s; an image: %t", c.name, got, m.Unnamed, m.Image != "")
		}
	}
	b, _ := build()
	if m, _, err := Recall(t.Context(), b, Options{}, nil); m != nil || err != nil {
		t.Errorf("without a store: %v, %v", m, err)
	}
}

// TestKeys has each key stand on the one before.
func TestKeys(t *testing.T) {
	store := openStore(t)
	keys := func(change func(*templates.Build, *source)) []string {
		t.Helper()
		b, s := build()
		change(b, s)
		m, _, err := Recall(t.Context(), b, Options{Store: store}, nil)
		if err != nil {
			t.Fatal(err)
		}
		all := []string{m.Image}
		for i := range m.Steps {
			all = append(all, m.Steps[len(m.Steps)-1-i].Key)
		}
		for _, s := range m.Steps {
			for _, f := range s.Facts {
				if strings.Contains(f.Value, "pass-word") {
					t.Errorf("a password is told: %s", f.Value)
				}
			}
		}
		return all
	}
	plain := keys(func(*templates.Build, *source) {})
	for _, c := range []struct {
		name    string
		change  func(*templates.Build, *source)
		changed int // how many of: image, last step, first step, boot
	}{
		{"nothing", func(*templates.Build, *source) {}, 0},
		{"an identity", func(b *templates.Build, _ *source) { b.ID, b.Name = "x", "y" }, 0},
		{"an age", func(b *templates.Build, _ *source) { b.Cache.MaxAge = time.Minute }, 0},
		{"the image", func(_ *templates.Build, s *source) { s.facts.Image[0].Value = "2" }, 1},
		{"the last step", func(b *templates.Build, _ *source) { b.Provisioners[1] = step("two", "B", nil) }, 2},
		{"the first step", func(b *templates.Build, _ *source) { b.Provisioners[0] = step("", "A", nil) }, 3},
		{"what is served", func(_ *templates.Build, s *source) { s.facts.Steps[0].Value = "2" }, 3},
		{"the boot", func(_ *templates.Build, s *source) { s.facts.Boot[0].Value = "2" }, 4},
		{"the type", func(b *templates.Build, _ *source) { b.Type = "vbox" }, 4},
	} {
		changed := 0
		for i, k := range keys(c.change) {
			if k != plain[i] {
				changed++
			}
		}
		if changed != c.changed {
			t.Errorf("%s: %d keys are others, want %d", c.name, changed, c.changed)
		}
	}
}

func TestMaxAge(t *testing.T) {
	store := openStore(t)
	for _, c := range []struct {
		name   string
		o      Options
		change func(*templates.Build, *source)
		want   []time.Duration
	}{
		{"by default", Options{}, func(*templates.Build, *source) {}, []time.Duration{0, 12 * time.Hour, 12 * time.Hour}},
		{"a boot that ages", Options{}, func(_ *templates.Build, s *source) { s.facts.Ages = true }, []time.Duration{12 * time.Hour, 12 * time.Hour, 12 * time.Hour}},
		{"of the command line", Options{MaxAge: time.Minute}, func(*templates.Build, *source) {}, []time.Duration{0, time.Minute, time.Minute}},
		{"of the build", Options{MaxAge: time.Minute}, func(b *templates.Build, s *source) { b.Cache.MaxAge, s.facts.Ages = time.Hour, true }, []time.Duration{time.Hour, time.Hour, time.Hour}},
		{"of a step", Options{MaxAge: time.Minute}, func(b *templates.Build, _ *source) {
			b.Cache.MaxAge, b.Provisioners[1].Cache.MaxAge = time.Hour, time.Second
		}, []time.Duration{0, time.Hour, time.Second}},
		{"again", Options{Refresh: []string{"two"}}, func(*templates.Build, *source) {}, []time.Duration{0, 12 * time.Hour, refreshed}},
		{"the boot again", Options{Refresh: []string{"boot"}}, func(*templates.Build, *source) {}, []time.Duration{refreshed, 12 * time.Hour, 12 * time.Hour}},
	} {
		b, s := build()
		c.change(b, s)
		c.o.Store = store
		m, _, err := Recall(t.Context(), b, c.o, nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []time.Duration
		for _, s := range m.Steps {
			got = append(got, s.MaxAge)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestFlags(t *testing.T) {
	var o Options
	set := flag.NewFlagSet("", flag.ContinueOnError)
	o.Flags(set)
	if err := set.Parse([]string{"-no-cache", "-cache-max-age=30m", "-refresh=a", "-refresh", "2"}); err != nil {
		t.Fatal(err)
	}
	if !o.Off || o.MaxAge != 30*time.Minute || !slices.Equal(o.Refresh, []string{"a", "2"}) {
		t.Errorf("got %+v", o)
	}
}
