package debootstrap

import (
	"context"
	"fmt"
	"os"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Facts are what the disk depends on. What the mirrors have today cannot be
// named without asking them, so it ages.
func (b *Builder) Facts(_ context.Context, r builders.Reader, _ *ui.UI) (builders.Facts, error) {
	sources, _, err := b.sources()
	if err != nil {
		return builders.Facts{}, err
	}
	folder, err := os.Getwd()
	if err != nil {
		return builders.Facts{}, fmt.Errorf("finding the output folder: %w", err)
	}
	facts := stepkey.Options(b, r.Hider)
	for i, e := range sources {
		facts = append(facts, stepkey.Text(fmt.Sprintf("apt source %d", i+1), r.Hide(e.String())))
	}
	for _, p := range basics() {
		facts = append(facts, stepkey.Text("package "+p, "included"))
	}
	facts = append(facts, stepkey.Text("how the disk is finished", finish))
	return builders.Facts{Boot: facts, Ages: true, Image: []stepkey.Fact{stepkey.Text("working folder", folder)}}, nil
}

// Existing describes the disk of an earlier run.
func (b *Builder) Existing() (*artifact.Artifact, error) { return b.artifact() }
