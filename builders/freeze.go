package builders

import (
	"context"
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Keyed is a builder that can name all that its artifact depends on, so that
// nothing need be baked when none of it has changed.
type Keyed interface {
	// Facts may fetch what the build starts from. An error that wraps
	// stepkey.ErrUnnamed says why not all can be named, in a few words.
	Facts(ctx context.Context, r Reader, out *ui.UI) (Facts, error)
	// Existing describes the artifact of an earlier run that stands where this
	// one would put its own.
	Existing() (*artifact.Artifact, error)
}

// Reader is what a builder names its facts with.
type Reader struct {
	stepkey.Hider
	// Digest is the SHA-256 of a file in hexadecimal, read only once as long
	// as the file does not change.
	Digest func(ctx context.Context, path string) (string, error)
}

// Facts are what an artifact depends on, besides its provisioners.
type Facts struct {
	Boot  []stepkey.Fact // a machine that was just booted
	Ages  bool           // what happens at boot is the template's own, and may be outdated
	Steps []stepkey.Fact // what provisioners can see of the build
	Image []stepkey.Fact // how the machine becomes the artifact
	// Again gives Steps as they are by then; nil when they cannot change.
	Again func() ([]stepkey.Fact, error)
}

// With gives a step's own facts, as they are now, behind what it can see of the
// build.
func (f Facts) With(own func() ([]stepkey.Fact, error)) ([]stepkey.Fact, error) {
	seen := f.Steps
	var err error
	if f.Again != nil {
		seen, err = f.Again()
	}
	if err != nil {
		return nil, err
	}
	facts, err := own()
	return slices.Concat(seen, facts), err
}

// Resumer is a builder whose machines can be frozen, and go on from there.
type Resumer interface {
	// Remember lets the machines of this builder be frozen into the store. It
	// is called before Boot or Resume.
	Remember(store *checkpoint.Store)
	// Resume starts the machine that the last of these checkpoints keeps, which
	// stands on the others. If it fails it has already undone its work.
	Resume(ctx context.Context, chain []*checkpoint.Checkpoint, out *ui.UI) (Machine, error)
}

// Freezer is a machine that can be kept as it is.
type Freezer interface {
	// Freeze keeps the machine as it is at this moment; it is used again
	// afterwards as before. Finish makes the checkpoint; it must be called once,
	// and may run beside the machine: Freeze, Seal and Close wait for it.
	Freeze(ctx context.Context) (finish Finish, err error)
}

// Finish makes a checkpoint of a machine that was kept. The builder adds its
// files and data.
type Finish func(ctx context.Context, meta checkpoint.Meta) (*checkpoint.Checkpoint, error)

// Secretive is a builder with options that must not be kept as they are.
type Secretive interface{ Secrets() []string }

// Finisher is a builder that can finish what an earlier run was making when it
// was interrupted.
type Finisher interface {
	// Finish tells the builder the key of what it is going to make, and gives
	// the artifact that an earlier run began under that key, and when; nil if
	// there is none, or none since that time.
	Finish(ctx context.Context, key string, since time.Time, out *ui.UI) (made *artifact.Artifact, began time.Time, err error)
}

// Stander is a builder whose artifacts stand elsewhere, without files.
type Stander interface {
	// Stands says why an artifact is not there any more; one of another builder
	// is none of its business.
	Stands(ctx context.Context, a *artifact.Artifact) error
}
