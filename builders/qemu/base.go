package qemu

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// fetchBase gives the absolute path of the base image.
func (b *Builder) fetchBase(ctx context.Context, out *ui.UI) (string, error) {
	var path string
	var err error
	if b.from != nil {
		if path = b.from.Details["disk"]; path == "" {
			return "", fmt.Errorf("%s made no disk to start from (%s)", b.Base, b.from.Title)
		}
	} else if path, err = b.Fetch(ctx, b.env.CacheDir, out); err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("finding the base image: %w", err)
	}
	return path, nil
}

// CheckOnline asks for the base image and its checksum.
func (b *Builder) CheckOnline(ctx context.Context) error { return b.Origin.CheckOnline(ctx) }

// hold keeps a download from being replaced by another run that finds a newer
// one: the build gets a link of its own. Elsewhere the base is the user's, and
// an artifact that needs its base must name it where it stays.
func (m *machine) hold(base string) string {
	within, err := filepath.Rel(m.b.env.CacheDir, base)
	if err != nil || !filepath.IsLocal(within) || m.b.UseBackingFile {
		return base
	}
	own := m.image.Join(heldBase)
	if os.Link(base, own) != nil { // another file system
		return base
	}
	return own
}

// heldBase is the build's own link to a downloaded base.
const heldBase = ".base"
