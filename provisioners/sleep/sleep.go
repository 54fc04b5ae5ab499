// Package sleep waits.
package sleep

import (
	"context"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Sleep waits for a while.
type Sleep struct {
	// How long to wait, such as "30s" or "1m30s".
	Duration time.Duration `hcl:"duration"`
}

// New makes a sleep provisioner.
func New(provisioners.Env) provisioners.Provisioner { return &Sleep{} }

// Validate checks the options.
func (s *Sleep) Validate() error {
	if s.Duration < 0 {
		return option.Bad("duration", "%s is negative; use a time such as \"30s\".", s.Duration)
	}
	return nil
}

// Local says that no guest is needed.
func (*Sleep) Local() {}

// Inputs are none.
func (*Sleep) Inputs() ([]string, error) { return nil, nil }

// Provision waits, or ends with ctx.
func (s *Sleep) Provision(ctx context.Context, _ guest.Guest, out *ui.UI) error {
	out.Detail("Waiting %s", s.Duration)
	select {
	case <-time.After(s.Duration):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
