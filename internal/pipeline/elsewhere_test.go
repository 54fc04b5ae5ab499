package pipeline

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// cloud is a builder whose artifacts have no files here.
type cloud struct {
	*oven
	gone  error              // why its artifact is not there any more
	begun *artifact.Artifact // what an earlier run began
	fails error              // of finishing that
	key   string
	since time.Time // of what may be finished
}

func (c *cloud) Facts(context.Context, builders.Reader, *ui.UI) (builders.Facts, error) {
	return builders.Facts{Boot: []stepkey.Fact{stepkey.Text("base", "1")}}, nil
}

func (c *cloud) Existing() (*artifact.Artifact, error) { return &artifact.Artifact{}, nil }

func (c *cloud) Stands(_ context.Context, a *artifact.Artifact) error {
	if a.ID != "c" {
		return errors.New("it is " + a.ID)
	}
	return c.gone
}

func (c *cloud) Finish(_ context.Context, key string, since time.Time, _ *ui.UI) (*artifact.Artifact, time.Time, error) {
	c.key, c.since = key, since
	return c.begun, time.Now(), c.fails
}

// TestElsewhere bakes anew what does not stand any more, and what it was making
// when it was interrupted it only finishes.
func TestElsewhere(t *testing.T) {
	const bakes = "boot:c run:x seal:c close:c"
	for _, c := range []struct {
		name   string
		change func(*cloud)
		went   string
		kept   string
	}{
		{"it stands", nil, "", "c"},
		{"it is gone", func(c *cloud) { c.gone = errors.New("gone") }, bakes, "c"},
		{"it was interrupted", func(c *cloud) { c.gone, c.begun = errors.New("gone"), &artifact.Artifact{ID: "begun"} }, "", "begun"},
		{"it cannot be finished", func(c *cloud) { c.gone, c.fails = errors.New("gone"), errors.New("no") }, bakes, "c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newBakery(t)
			var keys []string
			bake := func(change func(*cloud)) Result {
				y.diary = &diary{}
				builder := &cloud{oven: &oven{diary: y.diary, name: "c"}}
				if change != nil {
					change(builder)
				}
				one := does("x")
				b := &templates.Build{ID: "cloud.c", Type: "cloud", Name: "c", Builder: builder, Provisioners: []*templates.Step{one}}
				one.Decode = step(func(context.Context) error { y.note("run:x"); return nil }).Decode
				res := Run(t.Context(), &templates.Plan{Builds: []*templates.Build{b}}, y.options, nil)
				if keys = append(keys, builder.key); builder.key != "" && time.Since(builder.since).Round(time.Minute) != memory.DefaultMaxAge {
					t.Errorf("since %s", builder.since)
				}
				return res[0]
			}
			if res := bake(nil); res.Err != nil {
				t.Fatal(res.Err)
			}
			y.went(bakes)
			res := bake(c.change)
			if res.Err != nil || ids(res) != c.kept {
				t.Errorf("kept %q, %v, want %q", ids(res), res.Err, c.kept)
			}
			y.went(c.went)
			if keys[0] == "" || c.went != "" && keys[1] != keys[0] {
				t.Errorf("the keys are %q", keys)
			}
		})
	}
}
