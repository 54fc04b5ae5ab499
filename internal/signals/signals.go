// Package signals turns signals into the end of a context.
package signals

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// Context gives a context that the first SIGINT, SIGTERM or SIGHUP cancels,
// with a cause that names it. The second one calls exit at once. A reader of
// our output that goes away must not keep us from cleaning up, so SIGPIPE is
// only an error of the write.
func Context(ctx context.Context, exit func()) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		cancel(fmt.Errorf("interrupted by the signal %q", (<-signals).String()))
		<-signals
		exit()
	}()
	return ctx
}
