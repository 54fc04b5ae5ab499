// Package guest talks to the machine being baked.
package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Guest is a running machine that takes commands and files. Trees, scripts and
// sudo are functions over these three methods.
type Guest interface {
	// Run runs one command line and waits for it. A command that ran and
	// failed is an *ExitError; a connection that broke meanwhile wraps ErrLost.
	Run(ctx context.Context, c Command) error
	// Upload writes r to the named file with the given permission bits.
	Upload(ctx context.Context, name string, mode fs.FileMode, r io.Reader) error
	// Download copies the named file to w.
	Download(ctx context.Context, name string, w io.Writer) error
}

// Command is one command line for the guest's login shell. Nil writers discard.
type Command struct {
	Line   string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// ErrLost means the connection broke before the command's exit status came.
var ErrLost = errors.New("connection to the guest was lost")

// ExitError is a command that ran and failed.
type ExitError struct {
	Status int    // exit status; 128+n is not used for signals
	Signal string // set when a signal ended it, such as "KILL"
}

func (e *ExitError) Error() string {
	if e.Signal != "" {
		return "killed by signal " + e.Signal
	}
	return fmt.Sprintf("exit status %d", e.Status)
}

// IsLost tells a connection that broke from a command that failed.
func IsLost(err error) bool { return errors.Is(err, ErrLost) }
