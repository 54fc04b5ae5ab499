// Package stall ends transfers that stand still.
package stall

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Watch cancels a transfer that stands still.
type Watch struct {
	timer  *time.Timer
	after  time.Duration
	cancel context.CancelCauseFunc
}

// Start starts watching: the context ends when no byte came for so long.
func Start(ctx context.Context, after time.Duration) (context.Context, *Watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &Watch{after: after, cancel: cancel}
	w.timer = time.AfterFunc(after, func() {
		cancel(fmt.Errorf("the server sent nothing for %s", after))
	})
	return ctx, w
}

// Stop ends the watch, and the context with it.
func (w *Watch) Stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// Reader tells the watchdog of every byte.
func (w *Watch) Reader(r io.Reader) io.Reader { return watched{w, r} }

type watched struct {
	w *Watch
	r io.Reader
}

func (d watched) Read(b []byte) (int, error) {
	n, err := d.r.Read(b)
	if n > 0 {
		d.w.timer.Reset(d.w.after)
	}
	return n, err
}
