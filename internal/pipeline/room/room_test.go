package room

import (
	"context"
	"errors"
	"testing"
)

func TestEnter(t *testing.T) {
	full := errors.New("full")
	for name, c := range map[string]struct {
		host  Host
		sizes [][2]int // memory and processors of machines that come in turn
		fits  int      // so many of them run at once
	}{
		"no limits":                {Host{}, [][2]int{{1 << 20, 64}, {1 << 20, 64}}, 2},
		"so many at once":          {Host{Builds: 1}, [][2]int{{1, 1}, {1, 1}}, 1},
		"memory":                   {Host{MemoryMiB: 2048}, [][2]int{{1024, 1}, {1024, 1}, {512, 1}}, 2},
		"larger than the host":     {Host{MemoryMiB: 1000}, [][2]int{{4000, 1}, {1, 1}}, 1},
		"two to a processor":       {Host{Processors: 2}, [][2]int{{1, 2}, {1, 2}, {1, 1}}, 2},
		"more of them than it has": {Host{Processors: 2}, [][2]int{{1, 16}, {1, 1}}, 1},
		"takes nothing":            {Host{MemoryMiB: 10, Processors: 1}, [][2]int{{10, 2}, {0, 0}}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(c.host)
			var leave []func()
			for i, size := range c.sizes {
				ctx, cancel := context.WithCancelCause(t.Context())
				if i >= c.fits {
					cancel(full)
				}
				out, err := r.Enter(ctx, size[0], size[1])
				if (err == nil) != (i < c.fits) || err != nil && !errors.Is(err, full) {
					t.Fatalf("machine %d: %v", i, err)
				}
				if err == nil {
					leave = append(leave, out)
				}
				cancel(nil)
			}
			for _, out := range leave {
				out()
			}
			if _, err := r.Enter(t.Context(), c.sizes[0][0], c.sizes[0][1]); err != nil {
				t.Errorf("when all have left: %v", err)
			}
		})
	}
}
