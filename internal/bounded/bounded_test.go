package bounded

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

func TestConn(t *testing.T) {
	const soon, never = time.Millisecond, time.Hour
	for name, c := range map[string]struct {
		first, rest, idle time.Duration
		hears, opens      bool // before the read that must end in time
	}{
		"no first byte":      {first: soon, rest: never, idle: never},
		"half a handshake":   {first: never, rest: soon, idle: never, hears: true},
		"silence afterwards": {first: never, rest: never, idle: soon, hears: true, opens: true},
	} {
		here, there := net.Pipe()
		conn := New(here, c.first, c.rest, c.idle)
		if c.hears {
			go func() { _, _ = there.Write([]byte{1}) }()
			if _, err := conn.Read(make([]byte, 1)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if c.opens {
			conn.Established()
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: got %v", name, err)
		}
		_, _ = conn.Close(), there.Close()
	}
}
