// Package bounded gives a connection limits of time that change while it opens.
package bounded

import (
	"net"
	"sync"
	"time"
)

// Conn bounds the wait for sshd's first byte and for the rest of the
// handshake separately: under user networking a connection opens long before
// sshd answers, and trying anew is then faster than waiting.
type Conn struct {
	net.Conn
	mu    sync.Mutex
	heard bool
	ready bool
	rest  time.Duration // for the handshake, from the first byte on
	idle  time.Duration
	timer *time.Timer // for connections without deadlines, such as a bastion's
}

// New limits the wait for the first byte, then that for the rest of the
// handshake until Established, and from then on each silence; idle 0 is no limit.
func New(raw net.Conn, first, rest, idle time.Duration) *Conn {
	c := &Conn{Conn: raw, rest: rest, idle: idle}
	c.limit(first)
	return c
}

func (c *Conn) limit(d time.Duration) {
	if c.SetDeadline(time.Now().Add(d)) == nil {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(d, func() { _ = c.Close() })
}

// Established ends the limits of the handshake.
func (c *Conn) Established() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = true
	_ = c.SetDeadline(time.Time{})
	if c.timer != nil {
		c.timer.Stop()
	}
}

func (c *Conn) Read(p []byte) (int, error) {
	c.touch()
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	if n > 0 && !c.heard {
		c.heard = true
		if !c.ready {
			c.limit(c.rest)
		}
	}
	c.mu.Unlock()
	return n, err
}

func (c *Conn) Write(p []byte) (int, error) {
	c.touch()
	return c.Conn.Write(p)
}

func (c *Conn) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready && c.idle > 0 {
		c.limit(c.idle)
	}
}
