package tty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/tty/ttytest"
)

// console is a terminal of a hundred columns, and the keyboard that types at it.
func console(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, terminal = ttytest.Console(t)
	resize(t, terminal, 100, 30)
	return keyboard, terminal
}

func resize(t *testing.T, terminal *os.File, columns, rows uint16) {
	t.Helper()
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}); err != nil {
		t.Fatal(err)
	}
}

// inside is a guest whose shell does what it says.
type inside struct {
	guest.Guest
	shell func(ctx context.Context, t guest.Terminal) error
}

func (i inside) Shell(ctx context.Context, t guest.Terminal) error { return i.shell(ctx, t) }

func TestShell(t *testing.T) {
	keyboard, terminal := console(t)
	type keys func(string)
	press := keys(func(s string) {
		if _, err := keyboard.WriteString(s); err != nil {
			t.Error(err)
		}
	})
	failed := errors.New("it ended so")
	var out strings.Builder
	var input io.Reader
	before, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	g := inside{shell: func(_ context.Context, in guest.Terminal) error {
		if in.Kind != "vt100" || in.Size != (guest.Size{Columns: 100, Rows: 30}) {
			t.Errorf("the terminal is %q, %v", in.Kind, in.Size)
		}
		press("a\x03\x04\x1a\r") // what would be signals, an end and a line
		got := make([]byte, 5)
		if _, err := io.ReadFull(in.Input, got); string(got) != "a\x03\x04\x1a\r" {
			t.Errorf("typed %q: %v", got, err)
		}
		resize(t, terminal, 50, 20)
		if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
			t.Error(err)
		}
		if size := <-in.Resized; size != (guest.Size{Columns: 50, Rows: 20}) {
			t.Errorf("the new size is %v", size)
		}
		input = in.Input
		_, _ = io.WriteString(in.Output, "bye")
		return failed
	}}
	if err := Shell(t.Context(), g, terminal, &out, "vt100"); !errors.Is(err, failed) || out.String() != "bye" {
		t.Errorf("got %v, %q", err, out.String())
	}
	if after, err := term.GetState(int(terminal.Fd())); err != nil || fmt.Sprint(*after) != fmt.Sprint(*before) {
		t.Errorf("the terminal is not as it was: %v", err)
	}
	press("later\n")
	if n, err := input.Read(make([]byte, 9)); n != 0 || err != io.EOF { //nolint:errorlint // io.Reader says so
		t.Errorf("read %d bytes after the shell: %v", n, err)
	}
	got := make([]byte, 9)
	if n, err := terminal.Read(got); string(got[:n]) != "later\n" {
		t.Errorf("others read %q: %v", got[:n], err)
	}
}

func TestIs(t *testing.T) {
	_, terminal := console(t)
	if null, err := os.Open(os.DevNull); err != nil || Is(null) || Is(strings.NewReader("")) || !Is(terminal) {
		t.Error("what is no terminal is taken for one, or the other way round")
	}
	if err := Shell(t.Context(), struct{ guest.Guest }{}, terminal, io.Discard, ""); err == nil {
		t.Error("a shell in a guest without one")
	}
}
