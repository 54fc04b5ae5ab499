package qemu

import (
	"context"

	"github.com/ovenbird-io/ovenbird/builders/qemu/base"
	"github.com/ovenbird-io/ovenbird/internal/digest"
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
	m.base, m.release = path, func() error { return nil }
	if m.b.UseBackingFile {
		return path
	}
	var known digest.Memory
	if m.b.store != nil {
		known = m.b.store
	}
	m.base, m.release = base.Hold(path, m.b.env.CacheDir, m.image.Join(".base"), known)
	m.undo.Push(func(context.Context) error {
		if m.keep {
			return nil // the disk may stand on it
		}
		return m.release()
	})
	return m.base
}
