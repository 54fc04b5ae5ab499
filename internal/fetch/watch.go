package fetch

import (
	"context"
	"fmt"
	"io"
	"time"
)

// watch cancels a transfer that stands still.
type watch struct {
	timer  *time.Timer
	after  time.Duration
	cancel context.CancelCauseFunc
}

// watchdog starts watching: the context ends when no byte came for so long.
func watchdog(ctx context.Context, after time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{after: after, cancel: cancel}
	w.timer = time.AfterFunc(after, func() {
		cancel(fmt.Errorf("the server sent nothing for %s", after))
	})
	return ctx, w
}

func (w *watch) stop() {
	w.timer.Stop()
	w.cancel(nil)
}

// reader tells the watchdog of every byte.
func (w *watch) reader(r io.Reader) io.Reader { return watched{w, r} }

type watched struct {
	w *watch
	r io.Reader
}

func (d watched) Read(b []byte) (int, error) {
	n, err := d.r.Read(b)
	if n > 0 {
		d.w.timer.Reset(d.w.after)
	}
	return n, err
}
