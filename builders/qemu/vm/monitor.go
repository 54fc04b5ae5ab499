package vm

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/digitalocean/go-qemu/qmp"
)

// monitor wraps go-qemu once: commands obey a context, and events are always
// drained, because one that nobody reads blocks every reply behind it.
type monitor struct {
	raw *qmp.SocketMonitor
	one sync.Mutex // one command at a time

	mu       sync.Mutex
	waiting  map[chan qmp.Event]func(qmp.Event) bool
	finished bool
}

// dialMonitor connects to QEMU's QMP socket at path. It returns when QEMU has
// greeted, or with an error when QEMU ended before.
func dialMonitor(ctx context.Context, path string) (*monitor, error) {
	raw, err := qmp.NewSocketMonitor("unix", path, 10*time.Second)
	if err != nil {
		return nil, err
	}
	m := &monitor{raw: raw, waiting: map[chan qmp.Event]func(qmp.Event) bool{}}
	connected := make(chan error, 1)
	go func() { connected <- raw.Connect() }()
	select {
	case err = <-connected:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Disconnect() // the error above is the one that matters
		return nil, err
	}
	events, err := raw.Events(ctx)
	if err != nil {
		return nil, err
	}
	go m.drain(events)
	return m, nil
}

// drain hands events to those who wait for them, until QEMU ends.
func (m *monitor) drain(events <-chan qmp.Event) {
	for e := range events {
		m.mu.Lock()
		for c, wanted := range m.waiting {
			if wanted(e) {
				c <- e // has room for one, and is asked once
				delete(m.waiting, c)
			}
		}
		m.mu.Unlock()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.finished = true
	for c := range m.waiting {
		close(c)
	}
	clear(m.waiting)
}

// expect starts to wait for an event; call it before the command that causes
// the event. The channel is closed without a value when QEMU ends.
func (m *monitor) expect(wanted func(qmp.Event) bool) <-chan qmp.Event {
	c := make(chan qmp.Event, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.finished {
		close(c)
		return c
	}
	m.waiting[c] = wanted
	return c
}

// run executes one QMP command and decodes its answer into out (nil: ignored).
func (m *monitor) run(ctx context.Context, out any, command string, args map[string]any) error {
	c := qmp.Command{Execute: command}
	if args != nil { // QEMU refuses null
		c.Args = args
	}
	line, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("qmp %s: %w", command, err)
	}
	type answer struct {
		raw []byte
		err error
	}
	got := make(chan answer, 1)
	go func() {
		m.one.Lock()
		defer m.one.Unlock()
		raw, err := m.raw.Run(line)
		got <- answer{raw, err}
	}()
	select {
	case <-ctx.Done():
		return fmt.Errorf("qmp %s: %w", command, context.Cause(ctx))
	case a := <-got:
		if a.err != nil {
			return fmt.Errorf("qmp %s: %w", command, a.err)
		}
		if out == nil {
			return nil
		}
		return json.Unmarshal(a.raw, &struct {
			Return any `json:"return"`
		}{out})
	}
}

// human runs a line of the human monitor, for what QMP has no command for.
func (m *monitor) human(ctx context.Context, line string) (string, error) {
	var text string
	err := m.run(ctx, &text, "human-monitor-command", map[string]any{"command-line": line})
	return text, err
}

func (m *monitor) close() { _ = m.raw.Disconnect() } // QEMU may be gone; nothing depends on it
