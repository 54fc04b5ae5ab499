package cli

import (
	"context"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/inventory"
)

// runCache shows, checks and removes the machines that builds remember.
func runCache(ctx context.Context, r *run) int {
	dir, err := host.CacheDir(r.env.Getenv)
	if err == nil {
		err = inventory.Run(ctx, filepath.Join(dir, "checkpoints"), r.args, r.out)
	}
	return r.ended(ctx, err)
}
