package qemu

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
)

// writeImages makes the artifact's disks of those of the machine.
func (m *machine) writeImages(ctx context.Context) error {
	if m.layers != nil {
		return m.flattenLayers(ctx)
	}
	disk := m.imagePath(0)
	if err := m.scrub(ctx, disk); err != nil {
		return err
	}
	if m.b.UseBackingFile {
		return nil
	}
	return m.replace(disk, func(flat string) error { return m.b.Flatten(ctx, m.disks[0], flat, m.out) })
}

// flattenLayers makes the disks of layers that must stay as they are, so that
// only the result can be scrubbed, before it is compressed.
func (m *machine) flattenLayers(ctx context.Context) error {
	plain := m.b.Options
	plain.DiskCompression = false
	for i, d := range m.layers.Tops {
		to := m.imagePath(i)
		if err := plain.Flatten(ctx, d, to, m.out); err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if err := m.scrub(ctx, to); err != nil {
			return err
		}
		if !m.b.DiskCompression {
			continue
		}
		err := m.replace(to, func(packed string) error {
			return m.b.Flatten(ctx, hardware.Disk{Path: to, Format: m.b.Format}, packed, m.out)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// replace makes the file anew, of what it was.
func (m *machine) replace(file string, write func(to string) error) error {
	next := m.image.Join(".flat")
	if err := write(next); err != nil {
		return err
	}
	if err := os.Rename(next, file); err != nil {
		return fmt.Errorf("finishing the image: %w", err)
	}
	return nil
}

// keepTimeout bounds writing the disk of a machine that failed.
const keepTimeout = 5 * time.Minute

// keepImage leaves the disk of a machine that failed to the user.
func (m *machine) keepImage() error {
	var err error
	if m.layers != nil {
		ctx, cancel := context.WithTimeout(context.Background(), keepTimeout)
		defer cancel()
		err = m.flattenLayers(ctx)
	}
	m.out.Warn("the machine's disk is kept in %s", m.image.Path)
	return errors.Join(err, m.image.Release())
}
