package pipeline

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

// slowOven makes machines that close only once a post-processor has run.
type slowOven struct {
	processed chan struct{}
	closeErr  error
	closed    bool
}

func (s *slowOven) Boot(context.Context, *ui.UI) (builders.Machine, error) { return s, nil }
func (s *slowOven) Guest(context.Context) (guest.Guest, error)             { return nil, nil } //nolint:nilnil // no guest
func (s *slowOven) Lingers() bool                                          { return true }
func (s *slowOven) Seal(context.Context) (*artifact.Artifact, error) {
	return &artifact.Artifact{ID: "made"}, nil
}

func (s *slowOven) Close(ctx context.Context) error {
	select {
	case <-s.processed:
	case <-ctx.Done():
		return ctx.Err()
	}
	s.closed = true
	return s.closeErr
}

func (s *slowOven) Process(_ context.Context, in *artifact.Artifact, _ *ui.UI) (*artifact.Artifact, error) {
	close(s.processed)
	return in, nil
}

// TestLingers closes a machine beside the post-processors, and waits for it.
func TestLingers(t *testing.T) {
	for name, closeErr := range map[string]error{"it closes": nil, "it does not close": errors.New("still there")} {
		t.Run(name, func(t *testing.T) {
			s := &slowOven{processed: make(chan struct{}), closeErr: closeErr}
			look := &templates.PostStep{Type: "look", Decode: func(builders.Info, postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics) {
				return s, nil
			}}
			plan := &templates.Plan{Builds: []*templates.Build{{ID: "a", Builder: s, PostProcessors: [][]*templates.PostStep{{look}}}}}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			results := Run(ctx, plan, Options{}, nil)
			if len(results) != 1 || !s.closed || !errors.Is(results[0].Err, closeErr) || len(results[0].Artifacts) != 1 {
				t.Errorf("got %+v, closed %t", results, s.closed)
			}
		})
	}
}
