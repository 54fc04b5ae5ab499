package sshguest

import (
	"context"
	"net"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

var (
	_ guest.Pinned   = (*Client)(nil)
	_ guest.Detoured = (*Client)(nil)
)

// Detour is the target's Dial.
func (c *Client) Detour() func(context.Context) (net.Conn, error) { return c.target.Dial }

// shown is the host key that the guest showed last and that was accepted.
type shown struct {
	mu  sync.Mutex
	key ssh.PublicKey
}

func (s *shown) note(key ssh.PublicKey) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
}

// HostKeys is the key the guest has shown us, as in authorized_keys.
func (c *Client) HostKeys() []string {
	if c.target.shown == nil {
		return nil
	}
	c.target.shown.mu.Lock()
	defer c.target.shown.mu.Unlock()
	if c.target.shown.key == nil {
		return nil
	}
	return []string{strings.TrimSpace(string(ssh.MarshalAuthorizedKey(c.target.shown.key)))}
}
