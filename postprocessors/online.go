package postprocessors

import "context"

// OnlineChecker is a post-processor that can tell, with the network, whether it
// will be able to do its work. It is asked by `validate -online` and changes
// nothing.
type OnlineChecker interface {
	CheckOnline(ctx context.Context) error
}
