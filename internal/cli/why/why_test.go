package why

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// source is a builder that only tells what it depends on.
type source struct {
	boot, image string
	left        string // its artifact
	base        *artifact.Artifact
	unnamed     error
}

func (s *source) Boot(context.Context, *ui.UI) (builders.Machine, error) {
	return nil, errors.New("nothing may be started")
}

func (s *source) Facts(context.Context, builders.Reader, *ui.UI) (builders.Facts, error) {
	boot := []stepkey.Fact{stepkey.Text("option boot", s.boot)}
	if s.base != nil {
		boot = append(boot, stepkey.Text("base", s.base.ID))
	}
	return builders.Facts{Boot: boot, Image: []stepkey.Fact{stepkey.Text("option image", s.image)}}, s.unnamed
}

func (s *source) Existing() (*artifact.Artifact, error) {
	_, err := os.Stat(s.left)
	return &artifact.Artifact{ID: "image", Files: []string{s.left}}, err
}
func (s *source) From() string                { return "" }
func (s *source) Rebase(a *artifact.Artifact) { s.base = a }

// does gives provisioners of these lines.
func does(lines string) (all []*templates.Step) {
	for line := range strings.FieldsSeq(lines) {
		all = append(all, &templates.Step{Type: "do", Facts: func(h stepkey.Hider) ([]stepkey.Fact, error) {
			if line == "unnamed" {
				return nil, stepkey.Unnamed("it never tells")
			}
			return []stepkey.Fact{stepkey.Text("option line", h.Hide(line))}, nil
		}})
	}
	return all
}

// bake puts the machines of a build into the store.
func bake(t *testing.T, b *templates.Build, o memory.Options) *memory.Memory {
	t.Helper()
	m, _, err := memory.Recall(t.Context(), b, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	parent := ""
	for _, s := range m.Steps {
		d, err := o.Store.Draft()
		if err != nil {
			t.Fatal(err)
		}
		_, release, err := d.Publish(t.Context(), checkpoint.Meta{
			Key: s.Key, Parent: parent, Title: s.Title, Build: b.ID, Template: o.Template, Facts: s.Facts, Made: time.Now(),
		})
		if err != nil && !errors.Is(err, checkpoint.ErrExists) {
			t.Fatal(err)
		}
		if err == nil {
			release()
		}
		parent = s.Key
	}
	return m
}

// TestBuild bakes the steps x, y and z, and then asks about a build that is
// another one in some way.
func TestBuild(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*templates.Build, *memory.Options)
		want   []string // main reasons of boot, steps and artifact
	}{
		{"nothing", func(*templates.Build, *memory.Options) {}, []string{"0 s old", "0 s old", "0 s old", "0 s old", "it was not made with these options here before"}},
		{
			"a step in the middle", func(b *templates.Build, _ *memory.Options) { b.Provisioners = does("x Y z") },
			[]string{"0 s old", "0 s old", `option line was "y" and is "Y"`, "a step before it runs", "a step runs"},
		},
		{
			"two steps", func(b *templates.Build, _ *memory.Options) { b.Provisioners = does("x Y Z") },
			[]string{"0 s old", "0 s old", `option line was "y" and is "Y"`, `a step before it runs|option line was "z" and is "Z"`, "a step runs"},
		},
		{
			"one more", func(b *templates.Build, _ *memory.Options) { b.Provisioners = does("x y z more") },
			[]string{"0 s old", "0 s old", "0 s old", "0 s old", "never baked, or not remembered any more", "a step runs"},
		},
		{
			"the boot", func(b *templates.Build, _ *memory.Options) { b.Builder.(*source).boot = "2" },
			[]string{"option boot was 1 and is 2", "a step before it runs", "a step before it runs", "a step before it runs", "a step runs"},
		},
		{
			"its identity", func(b *templates.Build, _ *memory.Options) { b.ID, b.Builder.(*source).boot = "other", "2" },
			[]string{"never baked, or not remembered any more", "a step before it runs", "a step before it runs", "a step before it runs", "a step runs"},
		},
		{
			"one cannot be named", func(b *templates.Build, _ *memory.Options) { b.Provisioners = does("x unnamed z") },
			[]string{"0 s old", "0 s old", "cannot be remembered: it never tells", "a step before it runs", "a step runs"},
		},
		{"the builder cannot be named", func(b *templates.Build, _ *memory.Options) {
			b.Builder.(*source).unnamed = stepkey.Unnamed("a bridge")
			b.Provisioners = nil
		}, []string{"cannot be remembered: a bridge", "it is made of what runs"}},
		{
			"cache = false", func(b *templates.Build, _ *memory.Options) { b.Cache.Off, b.Provisioners = true, nil },
			[]string{"its build has cache = false", "it is made of what runs"},
		},
		{
			"nothing is remembered", func(b *templates.Build, o *memory.Options) { o.Off, b.Provisioners = true, nil },
			[]string{"-no-cache", "it is made of what runs"},
		},
		{"a secret", func(b *templates.Build, o *memory.Options) {
			b.Provisioners, o.Secrets = does("x hush-hush z"), []string{"hush-hush"}
		}, []string{"0 s old", "0 s old", `option line was "y" and is "<secret>"`, "a step before it runs", "a step runs"}},
		{
			"one again", func(_ *templates.Build, o *memory.Options) { o.Refresh = []string{"2"} },
			[]string{"0 s old", "0 s old", "to be done again (-refresh)", "a step before it runs", "a step runs"},
		},
		{"its base", func(b *templates.Build, _ *memory.Options) {
			b.Base, b.Provisioners = &templates.Build{ID: "base", Builder: &source{}}, nil
		}, []string{"it starts from base, which is made anew", "it is made of what runs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			store, err := checkpoint.Open(filepath.Join(t.TempDir(), "store"))
			if err != nil {
				t.Fatal(err)
			}
			o := memory.Options{Store: store, Template: "t.pkr.hcl"}
			b := &templates.Build{ID: "a", Type: "source", Builder: &source{boot: "1"}, Provisioners: does("x y z")}
			bake(t, b, o)
			c.change(b, &o)
			lines, err := Build(t.Context(), b, o, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range lines {
				got = append(got, strings.Join(l.Reasons, "|"))
				if (l.State == Remembered) != strings.HasSuffix(got[len(got)-1], " old") {
					t.Errorf("%s is %s", l.Title, l.State)
				}
			}
			for i := range got { // it may take a second
				got[i] = strings.Replace(got[i], "1 s old", "0 s old", 1)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestOnABase asks about a build whose base is there as it was made.
func TestOnABase(t *testing.T) {
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	o := memory.Options{Store: store}
	left := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(left, []byte("disk"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := &templates.Build{ID: "base", Builder: &source{left: left}}
	m := bake(t, base, o)
	made := &artifact.Artifact{ID: "image", Files: []string{left}}
	if err := m.Note(t.Context(), memory.Image, made, []*artifact.Artifact{made}, []time.Time{time.Now()}, time.Second); err != nil {
		t.Fatal(err)
	}
	child := &templates.Build{ID: "child", Base: base, Builder: &source{}}
	for _, c := range []struct {
		name, want string
		change     func() error
	}{
		{"as it was", "never baked, or not remembered any more", func() error { return nil }},
		{"changed", "it starts from base, which is made anew", func() error { return os.WriteFile(left, []byte("other"), 0o600) }},
		{"gone", "it starts from base, which is made anew", func() error { return os.Remove(left) }},
	} {
		if err := c.change(); err != nil {
			t.Fatal(err)
		}
		if lines, err := Build(t.Context(), child, o, nil); err != nil || lines[0].Reasons[0] != c.want {
			t.Errorf("%s: %v, %v", c.name, lines, err)
		}
	}
}

// TestImage asks about an image of which another one was made of the same machine.
func TestImage(t *testing.T) {
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	o := memory.Options{Store: store}
	left := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(left, []byte("disk"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &templates.Build{ID: "a", Builder: &source{left: left, image: "small"}}
	m := bake(t, b, o)
	made := &artifact.Artifact{ID: "image", Files: []string{left}}
	if err := m.Note(t.Context(), memory.Image, made, []*artifact.Artifact{made}, []time.Time{time.Now()}, time.Second); err != nil {
		t.Fatal(err)
	}
	for image, want := range map[string]string{
		"small": "the image is as it was made, 0 s old; post-processors run on it",
		"large": `option image was "small" and is "large"`,
	} {
		b.Builder.(*source).image = image
		if lines, err := Build(t.Context(), b, o, nil); err != nil || strings.Replace(lines[1].Reasons[0], "1 s", "0 s", 1) != want {
			t.Errorf("%s: %v, %v", image, lines, err)
		}
	}
}
