package sshguest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
)

func TestShell(t *testing.T) {
	for _, c := range []struct {
		name, input, want string
		status            int
	}{
		{"it knows the terminal", "echo $TERM $SIZE", "vt100 132x43\n", 0},
		{"its status is told", "exit 7", "", 7},
		{"both outputs are one", "echo a; sleep 0.1; echo b >&2", "a\nb\n", 0},
		{"the terminal's size changes", "until test -s window; do sleep 0.02; done; cat window", "80x25\n", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := sshtest.Start(t).Connect(t)
			var out bytes.Buffer
			sizes := make(chan guest.Size, 1)
			sizes <- guest.Size{Columns: 80, Rows: 25}
			err := client.Shell(t.Context(), guest.Terminal{
				Kind: "vt100", Size: guest.Size{Columns: 132, Rows: 43}, Resized: sizes,
				Input: strings.NewReader(c.input + "\n"), Output: &out,
			})
			var exit *guest.ExitError
			if c.status == 0 && err != nil || c.status != 0 && (!errors.As(err, &exit) || exit.Status != c.status) {
				t.Errorf("error %v, want status %d", err, c.status)
			}
			if out.String() != c.want {
				t.Errorf("got %q, want %q", out.String(), c.want)
			}
		})
	}
}

func TestAShellEndsWithItsContext(t *testing.T) {
	client := sshtest.Start(t).Connect(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	in, typed := io.Pipe()
	defer typed.Close()
	enough := errors.New("enough")
	out := writer(func([]byte) { cancel(enough) })
	go func() { _, _ = io.WriteString(typed, "echo there; sleep 100\n") }()
	if err := client.Shell(ctx, guest.Terminal{Input: in, Output: out}); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }
