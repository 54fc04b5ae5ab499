// Package diskfile reads disk images, qcow2 and raw, and knows where there is
// nothing in them, so that nobody has to look there.
package diskfile

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/lima-vm/go-qcow2reader/image"

	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
)

// File is an open disk image. It may be read by several goroutines at once.
type File struct {
	image   image.Image
	size    int64
	cleanUp func() error
}

// Open opens an image of a format, "qcow2" or "raw", with all that it lies on.
// One of a kind that cannot be read here is converted to a file in the folder
// temporary first, until Close, or the end of the process.
func Open(ctx context.Context, path, format, temporary string) (*File, error) {
	if format == "qcow2" && unusual(path) {
		return unpacked(ctx, path, temporary)
	}
	f, err := open(path, format)
	if err != nil {
		return nil, fmt.Errorf("opening the disk %s: %w", path, err)
	}
	return f, nil
}

// unusual tells of a qcow2 image compressed with anything but deflate, or with
// subclusters: by bits of the header (docs/interop/qcow2.txt of QEMU).
func unusual(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false // opening it tells why
	}
	defer f.Close()
	header := make([]byte, 80)
	if _, err := io.ReadFull(f, header); err != nil {
		return false
	}
	const compression, subclusters = 1 << 3, 1 << 4
	return binary.BigEndian.Uint32(header[4:]) >= 3 && binary.BigEndian.Uint64(header[72:])&(compression|subclusters) != 0
}

func open(path, format string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var all layers
	img, _ := all.open(file, image.Type(format))
	if err := img.Readable(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if all.err != nil {
		return nil, errors.Join(all.err, img.Close())
	}
	return &File{image: img, size: img.Size()}, nil
}

// unpacked opens a copy of a qcow2 image that is not compressed.
func unpacked(ctx context.Context, path, temporary string) (*File, error) {
	dir, err := scratch.New(temporary, "disk-")
	if err != nil {
		return nil, fmt.Errorf("unpacking the disk %s: %w", path, err)
	}
	plain := dir.Join("plain.qcow2")
	_, err = qemuimg.Run(ctx, "convert", "-f", "qcow2", "-O", "qcow2", path, plain)
	var f *File
	if err == nil {
		f, err = open(plain, "qcow2")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("unpacking the disk %s: %w", path, err), dir.Remove())
	}
	f.cleanUp = dir.Remove
	return f, nil
}

// Size is the size of the disk, in bytes.
func (f *File) Size() int64 { return f.size }

// ReadAt reads what a guest would see there.
func (f *File) ReadAt(p []byte, off int64) (int, error) { return f.image.ReadAt(p, off) }

// Next gives the first range at or after off that may hold anything but
// zeroes, in bytes; it begins at Size when there is none.
func (f *File) Next(off int64) (from, to int64, err error) {
	for off < f.size {
		e, err := f.image.Extent(off, f.size-off)
		if err == nil && e.Length <= 0 {
			err = fmt.Errorf("it has an extent of %d bytes", e.Length)
		}
		if err != nil {
			return 0, 0, fmt.Errorf("looking for data at %d: %w", off, err)
		}
		if e.Allocated && !e.Zero {
			return off, off + e.Length, nil
		}
		off += e.Length
	}
	return f.size, f.size, nil
}

// Close closes the image.
func (f *File) Close() error {
	err := f.image.Close()
	if f.cleanUp != nil {
		err = errors.Join(err, f.cleanUp())
	}
	return err
}
