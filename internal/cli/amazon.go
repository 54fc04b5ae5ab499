package cli

import (
	"context"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/cli/amazon"
)

// runGC removes what builds that died left at Amazon.
func runGC(ctx context.Context, r *run) int {
	return r.ended(ctx, amazon.GC(ctx, r.options.Amazon, r.out))
}

// runImages shows or prunes the AMIs that builds made.
func runImages(ctx context.Context, r *run) int {
	return r.ended(ctx, amazon.Images(ctx, r.options.Amazon, r.args, r.out))
}

// runPolicy prints what a template must be allowed at Amazon.
func runPolicy(ctx context.Context, r *run) int {
	plan, code := r.load(ctx, builders.Env{})
	if code != ExitOK {
		return code
	}
	return r.ended(ctx, amazon.Policy(plan, r.options.Amazon, r.out))
}
