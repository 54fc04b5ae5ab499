package cli

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/cli/cache"
	"github.com/ovenbird-io/ovenbird/internal/host"
)

// runCache shows, checks and removes the machines that builds remember.
func runCache(ctx context.Context, r *run) int {
	dir, err := host.CacheDir(r.env.Getenv)
	if err == nil {
		err = cache.Run(ctx, checkpoint.Folder(dir), r.args, r.out)
	}
	return r.ended(ctx, err)
}
