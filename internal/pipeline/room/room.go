// Package room lets as many builds run at once as the host has room for.
package room

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// busy is how many virtual processors share one of the host: a bake waits for
// disks and the network as often as it computes.
const busy = 2

// Host is what all builds together may take. A zero is no limit.
type Host struct {
	Builds     int // at once
	MemoryMiB  int
	Processors int // of the host
}

// Room is what is left of a host.
type Room struct {
	host                      Host
	builds, memory, processor *semaphore.Weighted // nil without a limit
}

// New gives a host on which nothing runs.
func New(h Host) *Room {
	h.Processors *= busy
	limit := func(n int) *semaphore.Weighted {
		if n <= 0 {
			return nil
		}
		return semaphore.NewWeighted(int64(n))
	}
	return &Room{host: h, builds: limit(h.Builds), memory: limit(h.MemoryMiB), processor: limit(h.Processors)}
}

// Enter waits until there is room for one more build, whose machine takes so
// much. A machine larger than the host runs alone rather than never.
func (r *Room) Enter(ctx context.Context, memoryMiB, processors int) (leave func(), err error) {
	var taken []func()
	leave = func() {
		for _, give := range taken {
			give()
		}
	}
	for _, l := range []struct {
		of   *semaphore.Weighted
		need int
	}{{r.builds, 1}, {r.memory, min(memoryMiB, r.host.MemoryMiB)}, {r.processor, min(processors, r.host.Processors)}} {
		if l.of == nil || l.need <= 0 {
			continue
		}
		if err := l.of.Acquire(ctx, int64(l.need)); err != nil {
			leave()
			return nil, context.Cause(ctx)
		}
		taken = append(taken, func() { l.of.Release(int64(l.need)) })
	}
	return leave, nil
}
