package sshlogin_test

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/sshlogin"
)

// login is the way into the server, as a build tells it.
func login(t *testing.T, s *sshtest.Server) sshlogin.Login {
	t.Helper()
	key, err := sshkey.New("", 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	s.Key = key.Signer
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"Host": host, "Port": port, "User": sshtest.User, "SSHPrivateKey": key.PEM}
	return sshlogin.Of(vars, s.Connect(t))
}

// TestSSH has OpenSSH log in with what was written.
func TestSSH(t *testing.T) {
	s, other := sshtest.Start(t), sshtest.Start(t)
	right := login(t, s)
	wrong, unpinned := right, right
	wrong.HostKeys = login(t, other).HostKeys
	unpinned.HostKeys = nil
	tests := map[string]struct {
		login sshlogin.Login
		want  string // of the output
	}{
		"pinned":       {right, "hello\n"},
		"another host": {wrong, "verification failed"},
		"not pinned":   {unpinned, "hello\n"},
	}
	for name, test := range tests {
		dir := t.TempDir()
		f, err := sshlogin.Write(dir, test.login)
		if err != nil {
			t.Fatal(err)
		}
		out, _ := exec.CommandContext(t.Context(), "/bin/sh", "-c", f.Command()+" -o BatchMode=yes echo hello").CombinedOutput() // the output tells
		if !strings.Contains(string(out), test.want) {
			t.Errorf("%s: got %q, want %q", name, out, test.want)
		}
	}
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	f, err := sshlogin.Write(dir, sshlogin.Login{Host: "::1", Port: "22", User: "joe", Password: "secret", PrivateKey: "PEM"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{f.KeyFile: "PEM\n", f.PasswordFile: "secret\n"} {
		text, err := os.ReadFile(path)
		if err != nil || string(text) != want {
			t.Errorf("%s: %q, %v", path, text, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if strings.Contains(f.Command(), "secret") || f.KnownFile != "" {
		t.Errorf("got %q and %q", f.Command(), f.KnownFile)
	}
	if _, err := sshlogin.Write(dir+"/none", sshlogin.Login{Password: "x"}); err == nil {
		t.Error("a missing directory was written to")
	}
}

// TestOf takes the host's key from the guest that knows it.
func TestOf(t *testing.T) {
	if l := sshlogin.Of(map[string]string{"User": "joe"}, guest.Guest(nil)); l.User != "joe" || l.HostKeys != nil {
		t.Errorf("got %+v", l)
	}
	if l := sshlogin.Of(nil, &sshguest.Client{}); l.HostKeys != nil {
		t.Errorf("before the first connection: %v", l.HostKeys)
	}
}
