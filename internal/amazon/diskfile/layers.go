package diskfile

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/lima-vm/go-qcow2reader/image"
	"github.com/lima-vm/go-qcow2reader/image/qcow2"
	"golang.org/x/sys/unix"
)

// layers opens an image and all that it lies on.
type layers struct{ err error } // of the first that cannot be read

// open opens one of the layers; it never fails, but gives a broken image. Only
// these two formats are opened whatever a file says, as a guest can write the
// header of any.
func (l *layers) open(r io.ReaderAt, format image.Type) (image.Image, error) {
	img, err := l.layer(r, format)
	if err == nil {
		return img, nil
	}
	if l.err == nil {
		l.err = err
	}
	return broken{err}, nil
}

func (l *layers) layer(r io.ReaderAt, format image.Type) (image.Image, error) {
	file, ok := r.(*os.File)
	if !ok {
		return nil, errors.New("it is no file")
	}
	switch format {
	case "qcow2":
		img, err := qcow2.Open(file, l.open)
		if err == nil {
			err = img.Readable()
		}
		return img, err
	case "raw":
		info, err := file.Stat()
		if err != nil {
			return nil, err
		}
		return sparse{file, info.Size()}, nil
	}
	return nil, fmt.Errorf("%s has the format %q; it must be qcow2 or raw", file.Name(), format)
}

// sparse is a raw image in a file that may have holes.
type sparse struct {
	*os.File
	size int64
}

func (s sparse) Size() int64      { return s.size }
func (s sparse) Type() image.Type { return "raw" }
func (s sparse) Readable() error  { return nil }

// Extent is a hole or what lies between two.
func (s sparse) Extent(start, length int64) (image.Extent, error) {
	hole := image.Extent{Start: start, Length: length, Zero: true}
	data := image.Extent{Start: start, Length: length, Allocated: true}
	fd := int(s.Fd())
	from, err := unix.Seek(fd, start, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return hole, nil
	case err != nil: // the file system does not tell
		return data, nil //nolint:nilerr // all may be data
	case from > start:
		hole.Length = min(length, from-start)
		return hole, nil
	}
	to, err := unix.Seek(fd, start, unix.SEEK_HOLE)
	if err == nil && to > start {
		data.Length = min(length, to-start)
	}
	return data, nil
}

// broken is an image that cannot be read, and why.
type broken struct{ err error }

func (b broken) Extent(int64, int64) (image.Extent, error) { return image.Extent{}, b.err }
func (b broken) ReadAt([]byte, int64) (int, error)         { return 0, b.err }
func (b broken) Size() int64                               { return 0 }
func (b broken) Type() image.Type                          { return "" }
func (b broken) Readable() error                           { return b.err }
func (b broken) Close() error                              { return nil }
