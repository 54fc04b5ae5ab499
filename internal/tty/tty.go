// Package tty connects the terminal that a person sits at with a guest.
package tty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// Is tells whether it is a terminal.
func Is(r any) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Shell runs the guest's login shell at the terminal in until it ends; all that
// is typed, Ctrl-C too, goes to the guest. Kind is the value of TERM. Nothing is
// read from the terminal after that, which is then in its usual mode again.
func Shell(ctx context.Context, g guest.Guest, in *os.File, out io.Writer, kind string) error {
	inside, ok := g.(guest.Interactive)
	if !ok {
		return errors.New("the guest cannot be used from a terminal")
	}
	fd := int(in.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return fmt.Errorf("preparing the terminal: %w", err)
	}
	defer func() { _ = term.Restore(fd, before) }() // the shell has ended, whatever the terminal does now
	input, stop, err := reader(in)
	if err != nil {
		return err
	}
	defer stop()
	over, end := context.WithCancel(ctx)
	defer end()
	return inside.Shell(ctx, guest.Terminal{
		Kind: kind, Size: size(fd), Resized: sizes(over, fd), Input: input, Output: out,
	})
}

// size is how large the terminal is.
func size(fd int) guest.Size {
	columns, rows, err := term.GetSize(fd)
	if err != nil {
		return guest.Size{Columns: 80, Rows: 24}
	}
	return guest.Size{Columns: columns, Rows: rows}
}

// sizes gives each new size until ctx ends.
func sizes(ctx context.Context, fd int) <-chan guest.Size {
	changes := make(chan os.Signal, 1)
	signal.Notify(changes, syscall.SIGWINCH)
	all := make(chan guest.Size)
	go func() {
		defer signal.Stop(changes)
		for {
			select {
			case <-ctx.Done():
				return
			case <-changes:
			}
			select {
			case <-ctx.Done():
			case all <- size(fd):
			}
		}
	}()
	return all
}

// interruptible reads from a terminal until it is told to stop.
type interruptible struct {
	fd    int
	ended *os.File // readable when it is to stop
}

// reader gives what is typed; after stop it is at its end, and what is typed
// then is left to others.
func reader(in *os.File) (r io.Reader, stop func(), err error) {
	ended, end, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("preparing to read from the terminal: %w", err)
	}
	// The reading end stays open: a read may be about to wait for it.
	return &interruptible{int(in.Fd()), ended}, func() { _ = end.Close() }, nil
}

// Read waits for input or the end.
func (i *interruptible) Read(p []byte) (int, error) {
	for {
		wait := []unix.PollFd{{Fd: int32(i.fd), Events: unix.POLLIN}, {Fd: int32(i.ended.Fd()), Events: unix.POLLIN}}
		_, err := unix.Poll(wait, -1)
		n := 0
		if err == nil {
			if wait[1].Revents != 0 {
				return 0, io.EOF
			}
			n, err = unix.Read(i.fd, p)
		}
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
		case err != nil:
			return 0, fmt.Errorf("reading from the terminal: %w", err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}
