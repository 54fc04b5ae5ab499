package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Client is a Guest over SSH. It is safe for concurrent use. When the guest
// went away, as in a reboot, the next command waits for it and connects anew.
type Client struct {
	target Target

	mu     sync.Mutex // held while connecting anew, so that one does it for all
	conn   *ssh.Client
	closed bool
}

var _ Guest = (*Client)(nil)

const (
	keepAliveDefault = 5 * time.Second
	keepAliveMisses  = 12               // unanswered for so many intervals is dead
	openLimit        = 30 * time.Second // for a new session on a connection that may be dead
)

// Close ends the connection and every command running over it.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("closing the connection to the guest: %w", err)
	}
	return nil
}

// keepAlive notices a guest that is gone without a word.
func (c *Client) keepAlive(conn *ssh.Client) {
	every := c.target.KeepAlive
	if every < 0 {
		return
	}
	if every == 0 {
		every = keepAliveDefault
	}
	gone := make(chan struct{})
	go func() {
		_ = conn.Wait()
		close(gone)
	}()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return
		case <-tick.C:
		}
		answered := make(chan error, 1)
		go func() {
			_, _, err := conn.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case err := <-answered:
			if err != nil {
				_ = conn.Close()
				return
			}
		case <-time.After(keepAliveMisses * every):
			_ = conn.Close()
			return
		}
	}
}

// open opens a channel of the kind, connecting anew when that fails.
func (c *Client) open(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	c.mu.Lock()
	conn, closed := c.conn, c.closed
	c.mu.Unlock()
	if closed {
		return nil, nil, fmt.Errorf("opening a session: %w", net.ErrClosed)
	}
	ch, reqs, err := openSession(ctx, conn)
	if err == nil || ctx.Err() != nil {
		return ch, reqs, err
	}
	if conn, err = c.reconnect(ctx, conn); err != nil {
		return nil, nil, err
	}
	if ch, reqs, err = openSession(ctx, conn); err != nil && ctx.Err() == nil {
		return nil, nil, fmt.Errorf("opening a session: %w", errors.Join(ErrLost, err))
	}
	return ch, reqs, err
}

// reconnect replaces the broken connection, unless another already has.
func (c *Client) reconnect(ctx context.Context, broken *ssh.Client) (*ssh.Client, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, fmt.Errorf("opening a session: %w", net.ErrClosed)
	}
	if c.conn != broken {
		return c.conn, nil
	}
	_ = broken.Close()
	conn, err := connect(ctx, c.target)
	if err != nil {
		return nil, err
	}
	c.conn = conn
	go c.keepAlive(conn)
	return conn, nil
}

func openSession(ctx context.Context, conn *ssh.Client) (ssh.Channel, <-chan *ssh.Request, error) {
	type result struct {
		ch   ssh.Channel
		reqs <-chan *ssh.Request
		err  error
	}
	done := make(chan result, 1)
	go func() {
		ch, reqs, err := conn.OpenChannel("session", nil)
		done <- result{ch, reqs, err}
	}()
	limit := time.NewTimer(openLimit)
	defer limit.Stop()
	var err error
	select {
	case r := <-done:
		return r.ch, r.reqs, r.err
	case <-ctx.Done():
		err = context.Cause(ctx)
	case <-limit.C:
		err = fmt.Errorf("no session within %s", openLimit)
	}
	go func() {
		if r := <-done; r.err == nil {
			_ = r.ch.Close()
		}
	}()
	return nil, nil, err
}
