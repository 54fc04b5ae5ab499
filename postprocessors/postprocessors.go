// Package postprocessors says what a post-processor is: it takes an artifact
// and makes another, or only looks at it.
package postprocessors

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// PostProcessor works on an artifact. It is its own options struct. Returning
// the very pointer it was given means it only looked.
type PostProcessor interface {
	Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error)
}

// Keeper is a post-processor whose input is kept unless the template says
// keep_input_artifact = false; forced means whatever the template says.
type Keeper interface {
	KeepInput() (byDefault, forced bool)
}

// Env is what a post-processor knows of the build it is part of.
type Env struct {
	Build       string // the build's identity: "qemu.debian" or "web.qemu.debian"
	BuildName   string // the source's name
	BuilderType string
	RunID       string            // one UUID for the whole run
	Root        string            // the template's directory, as typed
	CacheDir    string            // things worth keeping, absolute
	Force       bool              // -force
	Vars        map[string]string // build.* values for late-rendered options
}
