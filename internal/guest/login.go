package guest

import (
	"context"
	"io"
	"net"
)

// Pinned is a guest that tells which host keys it was known by, so that other
// programs of this machine can check that they reach the same one.
type Pinned interface {
	// HostKeys are lines as in authorized_keys: a type and the key. There are
	// none before the first connection.
	HostKeys() []string
}

// Detoured is a guest that may be reached in another way than at its address,
// such as through a bastion or a proxy.
type Detoured interface {
	// Detour dials the guest's SSH server; nil is no detour.
	Detour() func(ctx context.Context) (net.Conn, error)
}

// Interactive is a guest that a person can work in.
type Interactive interface {
	// Shell runs the login shell at the other end of a person's terminal until
	// it ends. One that ended with another status than 0 is an *ExitError.
	Shell(ctx context.Context, t Terminal) error
}

// Terminal is what a person sits at. Input and output are passed on byte by
// byte; Ctrl-C is one of them.
type Terminal struct {
	Kind    string // the value of TERM
	Size    Size   // at first
	Resized <-chan Size
	Input   io.Reader
	Output  io.Writer
}

// Size is how large a terminal is, in characters.
type Size struct{ Columns, Rows int }
