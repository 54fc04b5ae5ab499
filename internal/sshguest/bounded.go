package sshguest

import (
	"net"
	"sync"
	"time"
)

// boundedConn bounds the wait for sshd's first byte and for the rest of the
// handshake separately: under user networking a connection opens long before
// sshd answers, and trying anew is then faster than waiting.
type boundedConn struct {
	net.Conn
	mu    sync.Mutex
	heard bool
	ready bool
	idle  time.Duration
	timer *time.Timer // for connections without deadlines, such as a bastion's
}

func (c *boundedConn) limit(d time.Duration) {
	if c.SetDeadline(time.Now().Add(d)) == nil {
		return
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer = time.AfterFunc(d, func() { _ = c.Close() })
}

func (c *boundedConn) established() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ready = true
	_ = c.SetDeadline(time.Time{})
	if c.timer != nil {
		c.timer.Stop()
	}
}

func (c *boundedConn) Read(p []byte) (int, error) {
	c.touch()
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	if n > 0 && !c.heard {
		c.heard = true
		if !c.ready {
			c.limit(handshakeTime)
		}
	}
	c.mu.Unlock()
	return n, err
}

func (c *boundedConn) Write(p []byte) (int, error) {
	c.touch()
	return c.Conn.Write(p)
}

func (c *boundedConn) touch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready && c.idle > 0 {
		c.limit(c.idle)
	}
}
