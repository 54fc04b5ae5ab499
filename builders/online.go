package builders

import "context"

// OnlineChecker is a builder that can tell, with the network, whether what it
// starts from can be had. It is asked by `validate -online` and changes nothing.
type OnlineChecker interface {
	CheckOnline(ctx context.Context) error
}
