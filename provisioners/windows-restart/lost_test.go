package windowsrestart

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// TestLost has the guest break the connection as it goes down, or be given up.
func TestLost(t *testing.T) {
	why := errors.New("interrupted")
	tests := map[string]struct {
		command string
		gone    func(s *sshtest.Server, cancel context.CancelCauseFunc) // when the command says so
		err     error
		back    bool
	}{
		"it comes back": {command: "echo >going; sleep 60", gone: func(s *sshtest.Server, _ context.CancelCauseFunc) { s.Drop() }, back: true},
		"an interrupt of the command": {
			command: "echo >going; sleep 60", gone: func(_ *sshtest.Server, cancel context.CancelCauseFunc) { cancel(why) }, err: why,
		},
		"an interrupt while it is down": {
			command: "echo xxxxxxxxx >busy; (echo >going) & exit 0", gone: func(_ *sshtest.Server, cancel context.CancelCauseFunc) { cancel(why) }, err: why,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, bin := sshtest.Start(t), t.TempDir()
			s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
			err := errors.Join(
				os.WriteFile(bin+"/shutdown", []byte(fakeShutdown), 0o755),     //nolint:gosec // it is run
				os.WriteFile(bin+"/powershell", []byte(fakePowershell), 0o755), //nolint:gosec // the same
				syscall.Mkfifo(s.Root+"/going", 0o600),
			)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			go func() {
				_, _ = os.ReadFile(s.Root + "/going") // its end is the event
				test.gone(s, cancel)
			}()
			w, _ := New(provisioners.Env{Vars: map[string]string{"ConnType": "ssh"}}).(*WindowsRestart)
			w.poll, w.RestartCommand = 10*time.Millisecond, test.command
			if test.err != nil {
				w.poll = time.Hour // only the interrupt ends it
			}
			if err := w.Provision(ctx, s.Connect(t), &ui.UI{}); !errors.Is(err, test.err) && !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			log, _ := os.ReadFile(s.Root + "/log")
			if back := strings.Contains(string(log), "restarted."); back != test.back {
				t.Errorf("it was found back: %t; asked %s", back, log)
			}
		})
	}
}

func TestWithoutAGuest(t *testing.T) {
	if err := New(provisioners.Env{}).Provision(t.Context(), nil, &ui.UI{}); err == nil || !strings.Contains(err.Error(), "no connection") {
		t.Errorf("got %v", err)
	}
}
