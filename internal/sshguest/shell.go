package sshguest

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

var _ guest.Interactive = (*Client)(nil)

// Shell runs the login shell on a terminal like the one given. When ctx ends,
// the session is closed and the error is context.Cause(ctx).
func (c *Client) Shell(ctx context.Context, t guest.Terminal) error {
	ch, reqs, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = ch.Close() }()
	r := newRunning(ch)
	if err := r.pty(t.Kind, t.Size, modeEnd); err != nil {
		return err
	}
	go r.listen(reqs)
	if err := r.request(ctx, "shell", nil); err != nil {
		return err
	}
	go r.copy(t.Output, ch)
	go r.copy(t.Output, ch.Stderr())
	go r.feed(t.Input)
	over, end := context.WithCancel(ctx)
	defer end()
	go r.resize(over, t.Resized)
	return r.wait(ctx)
}

// Modes of a pseudo terminal (RFC 4254, 8).
const (
	modeEnd    = "\x00"
	modeNoEcho = "\x35\x00\x00\x00\x00" + modeEnd
)

// pty asks for a pseudo terminal.
func (r *running) pty(kind string, size guest.Size, modes string) error {
	ok, err := r.ch.SendRequest("pty-req", true, ssh.Marshal(struct {
		Term                string
		Columns, Rows, W, H uint32
		Modes               string
	}{kind, uint32(size.Columns), uint32(size.Rows), 0, 0, modes}))
	if err != nil {
		return fmt.Errorf("asking for a terminal: %w", errors.Join(guest.ErrLost, err))
	}
	if !ok {
		return errors.New("asking for a terminal: the guest refused; set ssh_pty = false")
	}
	return nil
}

// resize passes on how large the terminal has become.
func (r *running) resize(ctx context.Context, sizes <-chan guest.Size) {
	for {
		select {
		case <-ctx.Done():
			return
		case s := <-sizes:
			_, _ = r.ch.SendRequest("window-change", false, ssh.Marshal(struct{ Columns, Rows, W, H uint32 }{
				uint32(s.Columns), uint32(s.Rows), 0, 0,
			}))
		}
	}
}
