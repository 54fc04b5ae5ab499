package disks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lima-vm/go-qcow2reader"
	"github.com/lima-vm/go-qcow2reader/image"
	"github.com/lima-vm/go-qcow2reader/image/qcow2"
	"github.com/lima-vm/go-qcow2reader/image/raw"
	"golang.org/x/sys/unix"

	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
)

// disk is an image file that tells where it has data.
type disk interface {
	io.ReaderAt
	// next gives the first range at or after an offset that may be other than
	// what is without this image, in bytes; from is the size when there is none.
	next(off int64) (from, to int64, err error)
	Size() int64
}

// imported makes a complete snapshot of an image file.
func imported(ctx context.Context, dir, id, path string) (*Snapshot, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := openImage(f)
	if errors.Is(err, qcow2.ErrUnsupportedCompression) {
		plain := filepath.Join(dir, "plain")
		if _, err := qemuimg.Run(ctx, "convert", "-O", "raw", path, plain); err != nil {
			return nil, err
		}
		defer os.Remove(plain)
		return imported(ctx, dir, id, plain)
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	sn, err := child(ctx, dir, id, nil, max(1, (img.Size()+GiB-1)/GiB))
	if err != nil {
		return nil, err
	}
	return sn.filled(ctx, img)
}

// filled completes the snapshot with what an image has.
func (sn *Snapshot) filled(ctx context.Context, img disk) (*Snapshot, error) {
	err := sn.take(ctx, img)
	if err == nil {
		err = sn.Complete()
	}
	if err != nil {
		sn.close()
		return nil, err
	}
	return sn, nil
}

// take writes the blocks of an image in which it has something; zeroes only
// over what is there.
func (sn *Snapshot) take(ctx context.Context, img disk) error {
	data, zeroes := make([]byte, BlockSize), make([]byte, BlockSize)
	block := int64(0) // the first one that was not looked at
	for {
		from, to, err := img.next(block * BlockSize)
		if err != nil || from >= img.Size() {
			return err
		}
		for block = from / BlockSize; block*BlockSize < to; block++ {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			n, err := img.ReadAt(data, block*BlockSize)
			if err != nil && !errors.Is(err, io.EOF) {
				return err
			}
			clear(data[n:])
			if bytes.Equal(data, zeroes) && !sn.Has(int(block)) {
				continue
			}
			if _, err := sn.layers[0].WriteAt(data, block*BlockSize); err != nil {
				return err
			}
			if err := sn.mark(int(block)); err != nil {
				return err
			}
		}
	}
}

// openImage opens a qcow2 or raw image, with all that it lies on.
func openImage(f *os.File) (disk, error) {
	img, err := qcow2.Open(f, qcow2reader.OpenWithType)
	if errors.Is(err, image.ErrWrongType) {
		info, err := f.Stat()
		return plain{f, info.Size()}, err
	}
	if err == nil {
		err = img.Readable()
	}
	return layered{img, false}, err
}

// openOverlay opens a qcow2 image on a raw one, and knows only the data of the
// overlay, its zeroes included.
func openOverlay(f *os.File) (disk, error) {
	img, err := qcow2.Open(f, func(lower io.ReaderAt, _ image.Type) (image.Image, error) {
		img, err := raw.Open(lower)
		return below{img}, err
	})
	if err == nil {
		err = img.Readable()
	}
	return layered{img, true}, err
}

// layered is a qcow2 image.
type layered struct {
	*qcow2.Qcow2
	zeroes bool // they count as data
}

func (l layered) next(off int64) (from, to int64, err error) {
	for off < l.Size() {
		e, err := l.Extent(off, l.Size()-off)
		if err != nil {
			return 0, 0, err
		}
		if e.Length <= 0 {
			return 0, 0, fmt.Errorf("the image has an extent of %d bytes at %d", e.Length, off)
		}
		if e.Allocated && (l.zeroes || !e.Zero) {
			return e.Start, e.Start + e.Length, nil
		}
		off = e.Start + e.Length
	}
	return off, off, nil
}

// below is an image that has nothing of its own, seen from the one on it.
type below struct{ *raw.Raw }

func (b below) Extent(start, length int64) (image.Extent, error) {
	return image.Extent{Start: start, Length: length}, nil
}

// plain is a raw image.
type plain struct {
	*os.File
	size int64
}

func (p plain) Size() int64 { return p.size }

func (p plain) next(off int64) (from, to int64, err error) {
	if off >= p.size {
		return off, off, nil
	}
	from, err = unix.Seek(int(p.Fd()), off, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return p.size, p.size, nil
	}
	if err != nil { // the file system does not tell
		return off, p.size, nil //nolint:nilerr // all may be data
	}
	to, err = unix.Seek(int(p.Fd()), from, unix.SEEK_HOLE)
	return from, to, err
}
