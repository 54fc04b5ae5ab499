// Package builders says what a builder is: it boots a machine from a base and
// turns the changed machine into an artifact.
package builders

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Builder boots machines. It is its own options struct.
type Builder interface {
	// Boot starts a machine. If it fails it has already undone its work.
	Boot(ctx context.Context, out *ui.UI) (Machine, error)
}

// Machine is a machine being baked; whoever holds one must Close it.
type Machine interface {
	// Guest connects, waiting for the machine to come up and be ready. A
	// machine that takes no commands returns a nil Guest.
	Guest(ctx context.Context) (guest.Guest, error)
	// Seal cleans the machine, stops it and returns what it became; the
	// artifact survives Close.
	Seal(ctx context.Context) (*artifact.Artifact, error)
	// Close releases everything but the artifact. It may be called twice.
	Close(ctx context.Context) error
}

// Env is what a builder knows of the build it is part of.
type Env struct {
	Build        string // the build's identity: "qemu.debian" or "web.qemu.debian"
	Type         string // source type: "qemu"
	Name         string // source name: "debian"
	Root         string // the template's directory, as typed
	CacheDir     string // downloads and other things worth keeping, absolute
	RunID        string // one UUID for the whole run
	Force        bool   // -force: replace what an earlier build left
	RequireAccel bool   // -require-accel: refuse to emulate
	Keep         bool   // -on-error=abort: a failed build leaves its machine's files
}

// Informer is a machine with facts for templates (build.Host and others), or a
// builder that has some of them without a machine.
type Informer interface{ Info() Info }

// Info is what templates see as build.*; zero values are unknown or absent.
type Info struct {
	ID            string // "VM", an instance id, ...
	Host          string
	Port          int
	User          string
	Password      string
	ConnType      string // "ssh", "winrm" or "none"
	SSHPublicKey  string // authorized_keys form
	SSHPrivateKey string // PEM
	HTTPIP        string // the builder's file server as the guest sees it
	HTTPPort      int    // 0 when there is none
	// More are the values that only some builders have, such as SourceAMI.
	More map[string]string
}

// Lingerer is a machine that may be closed beside the post-processors, because
// its artifact needs nothing of it any more.
type Lingerer interface{ Lingers() bool }

// Derived is a builder that can start from the artifact of another source.
type Derived interface {
	// From is the "source.TYPE.NAME" it starts from, or "".
	From() string
	// Rebase hands it that source's artifact, before Boot.
	Rebase(base *artifact.Artifact)
}

// Sized is a builder that tells what its machine will take, so that parallel
// builds stay within the host's means.
type Sized interface {
	// Size is the machine's memory in MiB and its processors.
	Size() (memory, processors int)
}

// Guestless is a builder whose machines may take no commands, so that only
// local provisioners can run in their builds.
type Guestless interface{ Guestless() bool }

// Checker is a builder that knows beforehand, without network or much time,
// when Boot cannot succeed, such as when its output folder exists. It is asked
// before anything runs.
type Checker interface{ Check() error }

// Explainer is a machine that can help to understand why a build failed.
type Explainer interface {
	// Explain gives facts, one a line, and may save evidence (a console log, a
	// screenshot) in files that it names. It is asked before Close.
	Explain(ctx context.Context) []string
}
