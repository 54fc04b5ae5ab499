package blocks

import (
	"context"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/trying"
)

// call makes a request about a resource until it succeeds or patience ends.
func (u *upload) call(ctx context.Context, resource string, do func(context.Context) error) error {
	return u.callFor(ctx, u.Patience, resource, do)
}

func (u *upload) callFor(ctx context.Context, patience time.Duration, resource string, do func(context.Context) error) error {
	return trying.Call(ctx, patience, resource, errDamaged, do)
}
