package templates

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func dataSources() map[string]func(datasource.Env) datasource.Source {
	return map[string]func(datasource.Env) datasource.Source{
		"say": func(e datasource.Env) datasource.Source { return &fakeData{env: e} },
	}
}

// fakeData tells its text, and the words of it.
type fakeData struct {
	Text string `hcl:"text"`

	env  datasource.Env
	read func(ctx context.Context, id string) error
}

func (d *fakeData) Outputs() datasource.Outputs {
	return datasource.Outputs{"text": cty.String, "words": cty.List(cty.String)}
}

func (d *fakeData) Validate() error {
	if d.Text == "bad" {
		return option.Bad("text", "It is bad; say something good.")
	}
	return nil
}

func (d *fakeData) Read(ctx context.Context, _ *ui.UI) (map[string]cty.Value, error) {
	if d.Text == "fail" {
		return nil, errors.New("no answer")
	}
	if d.read != nil {
		if err := d.read(ctx, d.env.Name); err != nil {
			return nil, err
		}
	}
	var words []cty.Value
	for _, w := range strings.Fields(d.Text) {
		words = append(words, cty.StringVal(w))
	}
	return map[string]cty.Value{"text": cty.StringVal(d.Text), "words": cty.ListVal(words)}, nil
}

const readTemplate = `
data "say" "a" { text = "a" }
data "say" "b" { text = "b" }
data "say" "both" { text = "${local.both} both" }
data "say" "other" { text = "other" }
data "say" "idle" { text = "idle" }
locals {
  both = "${data.say.a.text} ${data.say.b.text}"
  idle = data.say.idle.text
}
source "fake" "x" { image = data.say.both.text }
source "fake" "y" { image = data.say.other.text }
build { sources = ["fake.x", "fake.y"] }
`

// read loads readTemplate and gives the names of the sources in the order in
// which they were read.
func read(t *testing.T, o Options, each func(ctx context.Context, name string) error) ([]string, *Plan) {
	t.Helper()
	var mu sync.Mutex
	var names []string
	c := components()
	c.DataSources["say"] = func(e datasource.Env) datasource.Source {
		return &fakeData{env: e, read: func(ctx context.Context, name string) error {
			mu.Lock()
			names = append(names, name)
			mu.Unlock()
			return each(ctx, name)
		}}
	}
	plan, diags := Load(t.Context(), write(t, readTemplate), c, o)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return names, plan
}

func TestReadOnceSideBySide(t *testing.T) {
	var together sync.WaitGroup // a, b and other wait for each other
	together.Add(3)
	names, plan := read(t, Options{ReadData: true}, func(_ context.Context, name string) error {
		if name != "both" {
			together.Done()
			together.Wait()
		}
		return nil
	})
	if len(names) != 4 || names[3] != "both" {
		t.Errorf("read %q; want a, b and other at once, then both", names)
	}
	if image := plan.Builds[0].Builder.(*fakeBuilder).Image; image != "a b both" {
		t.Errorf("the image is %q", image)
	}
}

func TestReadOnlyWhatIsChosen(t *testing.T) {
	none := func(context.Context, string) error { return nil }
	if names, _ := read(t, Options{ReadData: true, Only: []string{"fake.y"}}, none); len(names) != 1 || names[0] != "other" {
		t.Errorf("read %q; want only other", names)
	}
	if names, _ := read(t, Options{}, none); len(names) != 0 {
		t.Errorf("read %q without being asked", names)
	}
}

func TestReadFailure(t *testing.T) {
	path := write(t, "data \"say\" \"a\" { text = \"fail\" }\nsource \"fake\" \"x\" { image = data.say.a.text }\nbuild { sources = [\"fake.x\"] }\n")
	_, diags := Load(t.Context(), path, components(), Options{ReadData: true})
	if len(diags) != 1 || diags[0].Summary != "data.say.a: no answer" {
		t.Fatalf("got %v", diags)
	}
	if _, ok := diags[0].Extra.(*datasource.ReadError); !ok {
		t.Error("the diagnostic does not tell that the template may be right")
	}
}
