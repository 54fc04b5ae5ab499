package breakpoint_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/provisioners/breakpoint"
)

// TestProvision sees what is said, whether it waited, and that the key that is
// there while it waits is gone afterwards.
func TestProvision(t *testing.T) {
	why := errors.New("interrupted")
	vars := map[string]string{"ConnType": "ssh", "Host": "127.0.0.1", "Port": "2222", "User": "joe", "SSHPrivateKey": "PEM"}
	tests := map[string]struct {
		set      breakpoint.Breakpoint
		terminal bool
		guest    bool
		answer   error // of the terminal
		want     []string
		waits    bool
	}{
		"stops":         {terminal: true, guest: true, want: []string{"stopped", "ssh -p 2222", "joe@127.0.0.1"}, waits: true},
		"with a note":   {set: breakpoint.Breakpoint{Note: "look at /etc"}, terminal: true, want: []string{"(look at /etc)"}, waits: true},
		"interrupted":   {terminal: true, answer: why, want: []string{"stopped"}, waits: true},
		"disabled":      {set: breakpoint.Breakpoint{Disable: true, Note: "x"}, terminal: true, want: []string{"breakpoint (x): disabled"}},
		"nobody there":  {guest: true, want: []string{"no terminal"}},
		"without guest": {terminal: true, want: []string{"stopped"}, waits: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			var said bytes.Buffer
			waited := false
			env := provisioners.Env{Vars: vars}
			if test.terminal {
				env.Pause = func(context.Context) error {
					waited = true
					if left, _ := os.ReadDir(tmp); (len(left) == 1) != test.guest {
						t.Errorf("while it waits there are %v", left)
					}
					return test.answer
				}
			}
			b, _ := breakpoint.New(env).(*breakpoint.Breakpoint)
			b.Disable, b.Note = test.set.Disable, test.set.Note
			out := ui.New(ui.Options{Stdout: &said, Stderr: &said}).For("b")
			var err error
			if test.guest {
				err = b.Provision(t.Context(), sshtest.Start(t).Connect(t), out)
			} else {
				err = b.Provision(t.Context(), nil, out)
			}
			if !errors.Is(err, test.answer) || waited != test.waits {
				t.Errorf("got %v, waited: %t", err, waited)
			}
			for _, want := range test.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("got %q, want %q", said.String(), want)
				}
			}
			if left, _ := os.ReadDir(tmp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
