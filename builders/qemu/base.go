package qemu

import (
	"context"

	"github.com/ovenbird-io/ovenbird/builders/qemu/base"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// fetchBase gives the absolute path of the base image.
func (b *Builder) fetchBase(ctx context.Context, out *ui.UI) (string, error) {
	return b.Path(ctx, b.from, b.env.CacheDir, out)
}

// CheckOnline asks for the base image and its checksum.
func (b *Builder) CheckOnline(ctx context.Context) error { return b.Origin.CheckOnline(ctx) }

// hold keeps a downloaded base from being replaced. An artifact that needs its
// base must name it where it stays.
func (m *machine) hold(path string) string {
	if m.base = path; !m.b.UseBackingFile {
		m.base = base.Hold(path, m.b.env.CacheDir, m.image.Join(heldBase))
	}
	return m.base
}

// heldBase is the build's own link to a downloaded base.
const heldBase = ".base"
