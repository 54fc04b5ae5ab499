package guest_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// TestReady has a guest that becomes ready when then is called.
func TestReady(t *testing.T) {
	put := func(t *testing.T, s *sshtest.Server, name, text string) string {
		t.Helper()
		full := filepath.Join(s.Root, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return full
	}
	ok := "{\n \"v1\": {\n  \"datasource\": \"NoCloud\",\n  \"errors\": []\n }\n}\n"
	tests := map[string]struct {
		set  func(t *testing.T, s *sshtest.Server) (then func())
		said []string
	}{
		"nothing to wait for": {set: func(*testing.T, *sshtest.Server) func() { return nil }},
		"cloud-init is done": {set: func(t *testing.T, s *sshtest.Server) func() {
			put(t, s, "run/cloud-init/enabled", "")
			put(t, s, "run/cloud-init/result.json", ok)
			return nil
		}},
		"cloud-init runs": {
			set: func(t *testing.T, s *sshtest.Server) func() {
				put(t, s, "run/cloud-init/enabled", "")
				return func() { put(t, s, "run/cloud-init/result.json", ok) }
			},
			said: []string{"Waiting for cloud-init"},
		},
		"cloud-init has errors": {
			set: func(t *testing.T, s *sshtest.Server) func() {
				put(t, s, "run/cloud-init/result.json", "{\n \"v1\": {\n  \"errors\": [\n   \"('runcmd', 1)\"\n  ]\n }\n}\n")
				return nil
			},
			said: []string{"cloud-init is done, with errors: \"('runcmd', 1)\""},
		},
		"a free lock": {set: func(t *testing.T, s *sshtest.Server) func() {
			put(t, s, "var/lib/dpkg/lock-frontend", "")
			return nil
		}},
		"a held lock": {
			set: func(t *testing.T, s *sshtest.Server) func() {
				f, err := os.OpenFile(put(t, s, "var/lib/dpkg/lock", ""), os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				lock := unix.Flock_t{Type: unix.F_WRLCK}
				if err := unix.FcntlFlock(f.Fd(), unix.F_SETLK, &lock); err != nil {
					t.Fatal(err)
				}
				return func() { _ = f.Close() }
			},
			said: []string{"Waiting for /var/lib/dpkg/lock, another program is installing packages"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t)
			c := s.Connect(t)
			then := test.set(t, s)
			heard := make(chan string, 10)
			root := ui.New(ui.Options{Stderr: writerFunc(func(p []byte) (int, error) { heard <- string(p); return len(p), nil })})
			done := make(chan error, 1)
			go func() { done <- guest.Ready(t.Context(), c, root.For("x")) }()
			var said []string
			if then != nil {
				select {
				case text := <-heard:
					said = append(said, text)
				case err := <-done:
					t.Fatalf("it did not wait: %v", err)
				}
				then()
			}
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it waits on")
			}
			close(heard)
			for text := range heard {
				said = append(said, text)
			}
			if len(said) != len(test.said) || !slices.EqualFunc(said, test.said, strings.Contains) {
				t.Errorf("it said %q, want %q", said, test.said)
			}
			if s.Sessions() != 1 {
				t.Errorf("%d round trips", s.Sessions())
			}
		})
	}
}

// TestSettle has a guest that says it is going down, and then does.
func TestSettle(t *testing.T) {
	s := sshtest.Start(t)
	bin := t.TempDir()
	if err := os.WriteFile(bin+"/systemctl", []byte("#!/bin/sh\ntouch \"$OVENBIRD_ROOT/asked\"\necho stopping\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	c := s.Connect(t)
	done := make(chan error, 1)
	go func() { done <- guest.Settle(t.Context(), c) }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(s.Root + "/asked"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("systemd was not asked")
		}
	}
	if err := os.WriteFile(bin+"/systemctl", []byte("#!/bin/sh\necho running\n"), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	s.Drop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := sshtest.Output(t, c, "echo back"); got != "back\n" {
		t.Errorf("got %q", got)
	}
}

func TestBecome(t *testing.T) {
	s := sshtest.Start(t)
	bin := t.TempDir()
	// A sudo that wants a password, and an id that says we are not root.
	sudo := "#!/bin/sh\nif [ \"$1\" = -n ]; then [ -e \"$OVENBIRD_ROOT/free\" ] || exit 1\nelse IFS= read -r p; [ \"$p\" = pw ] || { echo wrong password >&2; exit 1; }; fi\n" +
		"echo \"sudo $*\" >>\"$OVENBIRD_ROOT/calls\"\nwhile [ \"$1\" != -- ] && [ \"$1\" != true ]; do shift; done; [ \"$1\" != -- ] || shift; exec \"$@\"\n"
	id := "#!/bin/sh\ncase $1 in -un) echo joe ;; *) echo 1000 ;; esac\n"
	for name, text := range map[string]string{"sudo": sudo, "id": id} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
	c := s.Connect(t)
	tests := []struct {
		name   string
		become guest.Become
		free   bool // sudo needs no password
		sudo   string
		want   string // of the error
	}{
		{name: "nobody", become: guest.ParseBecome("false", "pw")},
		{name: "ourselves", become: guest.ParseBecome("joe", "pw")},
		{name: "root, as we are known to be", become: guest.Become{User: "root", Self: "root", Password: "pw"}},
		{name: "root, with a password", become: guest.ParseBecome("true", "pw"), sudo: "-S -p  -E -H -u root"},
		{name: "root, wrong password", become: guest.ParseBecome("true", "no"), want: "exit status 1"},
		{name: "root, no password", become: guest.ParseBecome("root", ""), want: "exit status 1"},
		{name: "root, none needed", become: guest.ParseBecome("true", ""), free: true, sudo: "-n -E -H -u root"},
		{name: "a user, none needed but given", become: guest.ParseBecome("www", "pw"), free: true, sudo: "-n -E -H -u www"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_ = os.Remove(s.Root + "/calls")
			_ = os.Remove(s.Root + "/free")
			if test.free {
				if err := os.WriteFile(s.Root+"/free", nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			err := c.Run(t.Context(), test.become.Command(guest.Command{Line: "echo \"it's\" $((1+1)); cat", Stdin: strings.NewReader("input"), Stdout: &out}))
			if test.want != "" {
				if err == nil || err.Error() != test.want {
					t.Errorf("got %v, want %q", err, test.want)
				}
				return
			}
			if err != nil || out.String() != "it's 2\ninput" {
				t.Errorf("got %q, %v", out.String(), err)
			}
			calls, _ := os.ReadFile(s.Root + "/calls")
			if (len(calls) > 0) != (test.sudo != "") || !strings.Contains(string(calls), test.sudo) {
				t.Errorf("sudo was called %q, want %q", calls, test.sudo)
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
