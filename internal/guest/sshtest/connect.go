package sshtest

import (
	"bytes"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
)

// Target is how to enter the server with its key.
func (s *Server) Target() sshguest.Target {
	return sshguest.Target{
		Addr: s.Addr, User: User, Signers: []ssh.Signer{s.Key}, HostKeys: []ssh.PublicKey{s.HostKey},
		Timeout: 20 * time.Second, HandshakeAttempts: 2,
	}
}

// Connect enters the server with its key, until the test ends.
func (s *Server) Connect(t testing.TB) *sshguest.Client {
	t.Helper()
	return Dial(t, s.Target())
}

// Dial enters a server, until the test ends.
func Dial(t testing.TB, target sshguest.Target) *sshguest.Client {
	t.Helper()
	c, err := sshguest.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// Output is what a command that must succeed writes.
func Output(t testing.TB, g guest.Guest, line string) string {
	t.Helper()
	var out bytes.Buffer
	if err := g.Run(t.Context(), guest.Command{Line: line, Stdout: &out}); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return out.String()
}
