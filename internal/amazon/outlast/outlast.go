// Package outlast lets a call that makes something go on for a while when we are
// interrupted, so that we learn what was made, and can remove it.
package outlast

import (
	"context"
	"time"
)

// grace is how long a call may go on after an interrupt.
const grace = 20 * time.Second

// Do makes a call with a context that ends a while after ctx does. Once ctx has
// ended no call is made, and the error is a *NotTriedError.
func Do[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	if ctx.Err() != nil {
		var none T
		return none, &NotTriedError{context.Cause(ctx)}
	}
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel(context.Cause(ctx))
		case <-longer.Done():
		}
	})
	defer stop()
	return call(longer)
}
