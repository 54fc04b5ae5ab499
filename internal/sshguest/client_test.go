package sshguest_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

func TestDial(t *testing.T) {
	other, err := sshkey.New("ed25519", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		server func(*sshtest.Server)
		target func(*sshguest.Target)
		want   string // of the error; "" connects
	}{
		"key":                 {},
		"password":            {target: func(t *sshguest.Target) { t.Signers, t.Password = nil, sshtest.Password }},
		"wrong key, password": {target: func(t *sshguest.Target) { t.Signers[0], t.Password = other.Signer, sshtest.Password }},
		"keyboard-interactive": {
			server: (*sshtest.Server).OnlyKeyboardInteractive,
			target: func(t *sshguest.Target) { t.Signers, t.Password = nil, sshtest.Password },
		},
		"sshd is not up yet": {server: func(s *sshtest.Server) { s.RefuseHandshakes(3) }},
		"no answer at first": {server: func(s *sshtest.Server) { s.HangHandshakes(1) }},
		"any host key":       {target: func(t *sshguest.Target) { t.HostKeys = nil }},
		"another host key": {
			target: func(t *sshguest.Target) { t.HostKeys = []ssh.PublicKey{other.Signer.PublicKey()} },
			want:   "the guest's host key is not the one it was given",
		},
		"wrong key": {
			target: func(t *sshguest.Target) { t.Signers[0] = other.Signer },
			want:   "login refused 2 times (one key offered)",
		},
		"never up": {
			server: func(s *sshtest.Server) { s.RefuseHandshakes(1000) },
			target: func(t *sshguest.Target) { t.Timeout = time.Second },
			want:   "gave up after 1s, last: ssh: handshake failed",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sshtest.Start(t)
			tt := s.Target()
			if test.server != nil {
				test.server(s)
			}
			if test.target != nil {
				test.target(&tt)
			}
			c, err := sshguest.Dial(t.Context(), tt)
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Fatalf("got %v, want %q", err, test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := sshtest.Output(t, c, "echo hi"); got != "hi\n" {
				t.Errorf("got %q", got)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestDialPauses(t *testing.T) {
	s := sshtest.Start(t)
	tt := s.Target()
	tt.Pause = 300 * time.Millisecond
	start := time.Now()
	c := sshtest.Dial(t, tt)
	took := time.Since(start)
	if got := sshtest.Output(t, c, "echo hi"); got != "hi\n" {
		t.Errorf("got %q", got)
	}
	// The server counts a login before it serves the first command, which may
	// be after the client knows that it is in.
	if took < tt.Pause || s.Logins() != 2 {
		t.Errorf("%d logins in %s", s.Logins(), took)
	}
}

func TestDialEndsWithContext(t *testing.T) {
	s := sshtest.Start(t)
	s.HangHandshakes(1000)
	dead := errors.New("qemu is dead")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(dead) })
	start := time.Now()
	if _, err := sshguest.Dial(ctx, s.Target()); !errors.Is(err, dead) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestRun(t *testing.T) {
	c := sshtest.Start(t).Connect(t)
	tests := map[string]struct {
		line, stdin string
		out, err    string
		want        *guest.ExitError
	}{
		"output":          {line: "echo out; echo err >&2", out: "out\n", err: "err\n"},
		"input":           {line: "tr a-z A-Z", stdin: "abc", out: "ABC"},
		"input not read":  {line: "exit 0", stdin: strings.Repeat("x", 1<<22)},
		"no input is EOF": {line: "cat"},
		"status":          {line: "echo out; exit 3", out: "out\n", want: &guest.ExitError{Status: 3}},
		"signal":          {line: "kill -TERM $$", want: &guest.ExitError{Signal: "TERM"}},
		"much output":     {line: "head -c 3000000 /dev/zero", out: strings.Repeat("\x00", 3000000)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			cmd := guest.Command{Line: test.line, Stdout: &out, Stderr: &errOut}
			if test.stdin != "" {
				cmd.Stdin = strings.NewReader(test.stdin)
			}
			err := c.Run(t.Context(), cmd)
			var got *guest.ExitError
			switch {
			case test.want == nil && err != nil:
				t.Error(err)
			case test.want != nil && (!errors.As(err, &got) || *got != *test.want):
				t.Errorf("got %v, want %v", err, test.want)
			}
			if out.String() != test.out || errOut.String() != test.err {
				t.Errorf("got %.40q and %.40q", out.String(), errOut.String())
			}
		})
	}
}

func TestRunIsCancelled(t *testing.T) {
	s := sshtest.Start(t)
	c := s.Connect(t)
	stop := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	pid := filepath.Join(s.Root, "pid")
	started := writerFunc(func(p []byte) (int, error) { cancel(stop); return len(p), nil })
	start := time.Now()
	err := c.Run(ctx, guest.Command{Line: "echo $$ > " + pid + "; echo; sleep 60; echo", Stdout: started})
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat("/proc/" + strings.TrimSpace(string(text))); errors.Is(err, fs.ErrNotExist) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the command still runs")
		}
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestRunDoesNotWaitForBackground(t *testing.T) {
	c := sshtest.Start(t).Connect(t)
	start := time.Now()
	if got := sshtest.Output(t, c, "sleep 30 & echo done; echo $!"); !strings.HasPrefix(got, "done\n") {
		t.Errorf("got %q", got)
	} else {
		sshtest.Output(t, c, "kill "+strings.TrimPrefix(got, "done\n"))
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestLostAndReconnected(t *testing.T) {
	s := sshtest.Start(t)
	c := s.Connect(t)
	started := writerFunc(func(p []byte) (int, error) {
		s.RefuseHandshakes(2) // it takes a while to come back
		s.Drop()
		return len(p), nil
	})
	err := c.Run(t.Context(), guest.Command{Line: "echo; sleep 30", Stdout: started})
	var exit *guest.ExitError
	if !errors.Is(err, guest.ErrLost) || errors.As(err, &exit) {
		t.Errorf("got %v, want ErrLost", err)
	}
	if got := sshtest.Output(t, c, "echo back"); got != "back\n" || s.Logins() != 2 {
		t.Errorf("got %q after %d logins", got, s.Logins())
	}
}
