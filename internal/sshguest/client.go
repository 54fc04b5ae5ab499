// Package sshguest enters a guest over SSH: it waits until sshd answers, runs
// commands in sessions, and connects anew when the guest comes back.
package sshguest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// Client is a Guest over SSH. It is safe for concurrent use. When the guest
// went away, as in a reboot, the next command waits for it and connects anew.
type Client struct {
	target Target
	life   context.Context // ends with Close
	end    context.CancelCauseFunc

	again sync.Mutex // held while connecting anew, so that one does it for all
	mu    sync.Mutex
	conn  *ssh.Client
}

var (
	_ guest.Guest = (*Client)(nil)
	_ guest.SFTP  = (*Client)(nil)
)

const (
	keepAliveDefault = 5 * time.Second
	keepAliveMisses  = 12               // unanswered for so many intervals is dead
	openLimit        = 30 * time.Second // for a new session on a connection that may be dead
)

func newClient(t Target, conn *ssh.Client) *Client {
	c := &Client{target: t, conn: conn}
	c.life, c.end = context.WithCancelCause(context.Background())
	go c.keepAlive(conn)
	return c
}

// Close ends the connection and every command running over it.
func (c *Client) Close() error {
	c.end(net.ErrClosed)
	if err := c.current().Close(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("closing the connection to the guest: %w", err)
	}
	return nil
}

func (c *Client) current() *ssh.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.conn
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

// open opens a session, connecting anew when that fails.
func (c *Client) open(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	conn := c.current()
	ch, reqs, err := openSession(ctx, conn)
	if err == nil || ctx.Err() != nil {
		return ch, reqs, err
	}
	if conn, err = c.reconnect(ctx, conn); err != nil {
		return nil, nil, err
	}
	if ch, reqs, err = openSession(ctx, conn); err != nil && ctx.Err() == nil {
		return nil, nil, fmt.Errorf("opening a session: %w", errors.Join(guest.ErrLost, err))
	}
	return ch, reqs, err
}

// reconnect replaces the broken connection, unless another already has. It
// does not stay with a guest that is on its way down.
func (c *Client) reconnect(ctx context.Context, broken *ssh.Client) (*ssh.Client, error) {
	c.again.Lock()
	defer c.again.Unlock()
	if conn := c.current(); conn != broken {
		return conn, nil
	}
	_ = broken.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.life, func() { cancel(context.Cause(c.life)) })()
	for {
		conn, err := connect(ctx, c.target)
		if err != nil {
			return nil, err
		}
		ch, reqs, err := openSession(ctx, conn)
		if err == nil {
			err = runOn(ctx, ch, reqs, guest.Settling(), false)
		}
		var exit *guest.ExitError
		if err != nil && !errors.As(err, &exit) {
			_ = conn.Close()
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			continue
		}
		c.mu.Lock()
		c.conn = conn
		c.mu.Unlock()
		if c.life.Err() != nil { // Close has seen only the old one
			return nil, errors.Join(context.Cause(c.life), conn.Close())
		}
		go c.keepAlive(conn)
		return conn, nil
	}
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
