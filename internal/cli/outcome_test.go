package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/templates"
)

func TestOutcomes(t *testing.T) {
	base := &templates.Build{ID: "base"}
	next := &templates.Build{ID: "next", Base: base}
	broken := errors.New("broken")
	interrupted := errors.New("interrupted")
	for _, c := range []struct {
		name      string
		cancelled bool
		base      error
		next      error
		elapsed   time.Duration // of next
		want      string
	}{
		{"both well", false, nil, nil, 1, "done done"},
		{"base broke", false, broken, broken, 0, "failed skipped"},
		{"next broke", false, nil, broken, 1, "done failed"},
		{"next could not start on its own account", false, nil, broken, 0, "done failed"},
		{"interrupted", true, fmt.Errorf("boot: %w", interrupted), broken, 0, "cancelled skipped"},
		{"interrupted in next", true, nil, context.Canceled, 1, "done cancelled"},
		{"broke before the interrupt", true, broken, interrupted, 0, "failed cancelled"},
		{"an old cancellation of its own is a failure", false, context.Canceled, nil, 1, "failed done"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.cancelled {
				cancel(interrupted)
			}
			states := outcomes(ctx, []pipeline.Result{
				{Build: base, Err: c.base, Elapsed: 1},
				{Build: next, Err: c.next, Elapsed: c.elapsed},
			})
			if got := string(states[base]) + " " + string(states[next]); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
