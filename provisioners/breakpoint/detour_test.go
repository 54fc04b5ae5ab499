package breakpoint_test

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/provisioners/breakpoint"
)

// TestBehindABastion runs the command that a person is told to log in with.
func TestBehindABastion(t *testing.T) {
	s, bastion := sshtest.Start(t), sshtest.Start(t)
	key, err := sshkey.New("", 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	s.Key = key.Signer
	target := s.Target()
	target.Dial = communicator.Through(bastion.Target(), s.Addr)
	g := sshtest.Dial(t, target)
	var said bytes.Buffer
	env := provisioners.Env{Vars: map[string]string{
		"ConnType": "ssh", "Host": "guest.invalid", "Port": "22", "User": sshtest.User, "SSHPrivateKey": key.PEM,
	}}
	env.Pause = func(ctx context.Context) error {
		_, command, _ := strings.Cut(said.String(), "To log in: ")
		line := strings.TrimSpace(command) + " -o BatchMode=yes 'echo hello'"
		if out, err := exec.CommandContext(ctx, "/bin/sh", "-c", line).CombinedOutput(); err != nil || string(out) != "hello\n" {
			t.Errorf("%s: %q, %v", line, out, err)
		}
		return nil
	}
	if err := breakpoint.New(env).Provision(t.Context(), g, ui.New(ui.Options{Stdout: &said, Stderr: &said}).For("b")); err != nil {
		t.Error(err)
	}
}
