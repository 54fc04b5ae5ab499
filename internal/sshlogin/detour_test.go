package sshlogin_test

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshlogin"
)

// detoured is a guest with a way of its own.
type detoured struct {
	guest.Guest
	dial func(context.Context) (net.Conn, error)
}

func (d detoured) Detour() func(context.Context) (net.Conn, error) { return d.dial }

// TestReach has OpenSSH log in through a bastion that only we can enter.
func TestReach(t *testing.T) {
	s, bastion := sshtest.Start(t), sshtest.Start(t)
	l := login(t, s)
	hidden := l
	hidden.Host, hidden.Port = "guest.invalid", "22" // where ssh itself finds nobody
	var dialled atomic.Int64
	through := communicator.Through(bastion.Target(), s.Addr)
	g := detoured{dial: func(ctx context.Context) (net.Conn, error) { dialled.Add(1); return through(ctx) }}
	at, end, err := sshlogin.Reach(t.Context(), hidden, g, func(err error) { t.Error(err) })
	if err != nil {
		t.Fatal(err)
	}
	f, err := sshlogin.Write(t.TempDir(), at)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", f.Command()+" -o BatchMode=yes 'cat; echo hello'").CombinedOutput()
		if err != nil || string(out) != "hello\n" {
			t.Errorf("got %q, %v", out, err)
		}
	}
	if err := end(); err != nil || dialled.Load() != 2 {
		t.Errorf("%v, dialled %d times", err, dialled.Load())
	}
	if conn, err := net.Dial("tcp", net.JoinHostPort(at.Host, at.Port)); err == nil { //nolint:noctx // it is refused at once
		t.Error("the port is still open", conn.Close())
	}
}

func TestReachWithoutADetour(t *testing.T) {
	for name, g := range map[string]guest.Guest{"none": nil, "direct": detoured{}, "a client": &sshguest.Client{}} {
		at, end, err := sshlogin.Reach(t.Context(), sshlogin.Login{Host: "h", Port: "1"}, g, nil)
		if err != nil || at.Host != "h" || at.Port != "1" || end() != nil {
			t.Errorf("%s: %+v, %v", name, at, err)
		}
	}
}

// TestReachFails tells why nobody answers, and leaves no connection open.
func TestReachFails(t *testing.T) {
	broken := errors.New("the bastion is down")
	told := make(chan error, 1)
	g := detoured{dial: func(context.Context) (net.Conn, error) { return nil, broken }}
	at, end, err := sshlogin.Reach(t.Context(), sshlogin.Login{}, g, func(err error) { told <- err })
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(at.Host, at.Port)) //nolint:noctx // of this machine
	if err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes came", n)
	}
	if err := <-told; !errors.Is(err, broken) {
		t.Errorf("told %v", err)
	}
	if err := errors.Join(conn.Close(), end()); err != nil && !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
}
