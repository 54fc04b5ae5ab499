// Package sshtest is an SSH server in this process that runs commands on this
// machine with /bin/sh: a real guest for tests, with faults on demand.
package sshtest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// User and Password let anybody in.
const (
	User     = "tester"
	Password = "tester's secret"
)

// Server is a running server. Set its fields before the first connection.
type Server struct {
	Addr    string // 127.0.0.1:port
	HostKey ssh.PublicKey
	Key     ssh.Signer // a client key that is let in
	// Root stands for / where seal.Guest cleans: every command has it in
	// OVENBIRD_ROOT, so that sealing this guest does not clean this machine.
	Root string
	// Env is added to the environment of each command.
	Env []string

	listener net.Listener
	config   *ssh.ServerConfig
	refuse   atomic.Int64 // handshakes to refuse
	hang     atomic.Int64 // handshakes that get no answer
	drop     atomic.Int64 // bytes to take before dropping the connection; 0 never
	logins   atomic.Int64
	sessions atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

// Start starts a server that ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := Listen(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Listen starts a server; root is its Server.Root. The caller must Close it.
func Listen(root string) (*Server, error) {
	s := &Server{Root: root, conns: map[net.Conn]bool{}}
	host, err := newSigner()
	if err != nil {
		return nil, err
	}
	if s.Key, err = newSigner(); err != nil {
		return nil, err
	}
	s.HostKey = host.PublicKey()
	s.config = &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) == string(s.Key.PublicKey().Marshal()) {
				return nil, nil
			}
			return nil, errors.New("unknown key")
		},
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) == Password {
				return nil, nil
			}
			return nil, errors.New("wrong password")
		},
	}
	s.config.AddHostKey(host)
	if s.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("listening for SSH: %w", err)
	}
	s.Addr = s.listener.Addr().String()
	s.wg.Go(s.accept)
	return s, nil
}

func newSigner() (ssh.Signer, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return ssh.NewSignerFromSigner(key)
}

// RefuseHandshakes closes the next n connections at once, as a guest does
// whose sshd is not up yet.
func (s *Server) RefuseHandshakes(n int) { s.refuse.Store(int64(n)) }

// HangHandshakes leaves the next n connections without an answer, as QEMU's
// user network does while the guest boots.
func (s *Server) HangHandshakes(n int) { s.hang.Store(int64(n)) }

// DropAfter drops the connection that receives the nth byte from now on, once.
func (s *Server) DropAfter(n int64) { s.drop.Store(n) }

// Drop drops all connections, as a reboot does; new ones are welcome.
func (s *Server) Drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Close()
	}
}

// OnlyKeyboardInteractive lets nobody in but by answering Password.
func (s *Server) OnlyKeyboardInteractive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.config.PublicKeyCallback, s.config.PasswordCallback = nil, nil
	s.config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
		answers, err := ask("", "", []string{"Password: "}, []bool{false})
		if err != nil || len(answers) != 1 || answers[0] != Password {
			return nil, errors.New("wrong answer")
		}
		return nil, nil
	}
}

// Logins is how many connections were let in so far.
func (s *Server) Logins() int { return int(s.logins.Load()) }

// Sessions is how many sessions were opened so far: round trips, for a client
// that opens one for each command.
func (s *Server) Sessions() int { return int(s.sessions.Load()) }

// Close drops all connections and waits for their commands.
func (s *Server) Close() {
	_ = s.listener.Close()
	s.Drop()
	s.wg.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.wg.Go(func() {
			s.serve(conn)
			_ = conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
		})
	}
}

func (s *Server) serve(raw net.Conn) {
	if s.refuse.Add(-1) >= 0 {
		return
	}
	if s.hang.Add(-1) >= 0 {
		_, _ = io.Copy(io.Discard, raw)
		return
	}
	s.mu.Lock()
	config := *s.config
	s.mu.Unlock()
	conn, chans, reqs, err := ssh.NewServerConn(&droppingConn{Conn: raw, left: &s.drop}, &config)
	if err != nil {
		return
	}
	s.logins.Add(1)
	go func() {
		for req := range reqs {
			_ = req.Reply(false, nil)
		}
	}()
	var sessions sync.WaitGroup
	for ch := range chans {
		if ch.ChannelType() == "direct-tcpip" {
			sessions.Go(func() { forward(ch) })
			continue
		}
		if ch.ChannelType() != "session" {
			_ = ch.Reject(ssh.UnknownChannelType, "only sessions")
			continue
		}
		s.sessions.Add(1)
		sessions.Go(func() { s.session(ch) })
	}
	_ = conn.Close()
	sessions.Wait()
}

// forward is what a bastion does.
func forward(ch ssh.NewChannel) {
	var to struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(ch.ExtraData(), &to); err != nil {
		_ = ch.Reject(ssh.ConnectionFailed, "bad request")
		return
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(context.Background(), "tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	if err != nil {
		_ = ch.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	c, reqs, err := ch.Accept()
	if err != nil {
		_ = conn.Close()
		return
	}
	go ssh.DiscardRequests(reqs)
	go func() { _, _ = io.Copy(c, conn); _ = c.Close() }()
	_, _ = io.Copy(conn, c)
	_ = conn.Close()
}

// droppingConn closes itself when the server's count of bytes runs out.
type droppingConn struct {
	net.Conn
	left *atomic.Int64
}

func (c *droppingConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left.Load() > 0 && c.left.Add(int64(-n)) <= 0 {
		c.left.Store(0)
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return n, err
}
