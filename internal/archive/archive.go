package archive

import (
	"archive/tar"
	"archive/zip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/scratch"
)

// Entry is a file to put in an archive.
type Entry struct {
	Name string // in the archive, with slashes
	Path string // on the host, a regular file; "" when Data is all of it
	Data []byte
}

// Size is how many bytes all the entries hold.
func Size(entries []Entry) (int64, error) {
	total := int64(0)
	for _, e := range entries {
		if e.Path == "" {
			total += int64(len(e.Data))
			continue
		}
		info, err := os.Stat(e.Path)
		if err != nil {
			return 0, err
		}
		if !info.Mode().IsRegular() {
			return 0, fmt.Errorf("%s is no regular file: it cannot go into an archive", e.Path)
		}
		total += info.Size()
	}
	return total, nil
}

// Write makes the file name from the entries, in one step: it replaces what
// stands there when all is written, and leaves nothing behind otherwise, be we
// killed. What is read is also written to seen. A format without an archive
// takes one entry. Nobody may read the result who may not read all that is in it.
func Write(ctx context.Context, name string, format Format, level int, entries []Entry, seen io.Writer) (err error) {
	folder := filepath.Dir(name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	dir, err := scratch.New(folder, ".archive-")
	if err != nil {
		return err
	}
	defer func() {
		if gone := dir.Remove(); err == nil {
			err = gone
		}
	}()
	f, err := os.OpenFile(dir.Join("new"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode(entries))
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := NewWriter(f, format.Codec, level)
	if err != nil {
		return fmt.Errorf("starting to compress %s: %w", name, err)
	}
	err = fill(ctx, z, format.Archive, level, entries, seen)
	if end := z.Close(); err == nil { // also after an error: it ends what runs aside
		err = end
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// mode is what all entries allow, of 0644. One that cannot be looked at is told
// of when it is opened.
func mode(entries []Entry) fs.FileMode {
	allowed := fs.FileMode(0o644)
	for _, e := range entries {
		if e.Path == "" {
			continue
		}
		if info, err := os.Stat(e.Path); err == nil {
			allowed &= info.Mode().Perm() | 0o600
		}
	}
	return allowed
}

func fill(ctx context.Context, w io.Writer, archive string, level int, entries []Entry, seen io.Writer) error {
	switch archive {
	case "tar":
		return fillTar(ctx, w, entries, seen)
	case "zip":
		return fillZip(ctx, w, level, entries, seen)
	}
	if len(entries) != 1 {
		return fmt.Errorf("one file is needed, not %d", len(entries))
	}
	f, err := open(entries[0])
	if err != nil {
		return err
	}
	defer f.Close()
	return stream(ctx, w, f, seen)
}

func fillTar(ctx context.Context, w io.Writer, entries []Entry, seen io.Writer) error {
	t := tar.NewWriter(w)
	for _, e := range entries {
		f, err := open(e)
		if err != nil {
			return err
		}
		header := &tar.Header{Name: e.Name, Mode: f.mode, Size: f.size, ModTime: f.time.Truncate(time.Second)}
		err = t.WriteHeader(header)
		if err == nil {
			err = stream(ctx, t, f, seen)
		}
		_ = f.Close() // it was only read
		if err != nil {
			return fmt.Errorf("adding %s: %w", e.Name, err)
		}
	}
	return t.Close()
}

func fillZip(ctx context.Context, w io.Writer, level int, entries []Entry, seen io.Writer) error {
	z := zip.NewWriter(w)
	for _, e := range entries {
		f, err := open(e)
		if err != nil {
			return err
		}
		err = zipOne(ctx, z, level, e.Name, f, seen)
		_ = f.Close() // it was only read
		if err != nil {
			return fmt.Errorf("adding %s: %w", e.Name, err)
		}
	}
	return z.Close()
}

// zipOne sees to it that the compressor's helpers end also after an error,
// which a zip.Writer leaves to its next file.
func zipOne(ctx context.Context, z *zip.Writer, level int, name string, f *source, seen io.Writer) (err error) {
	var deflate io.WriteCloser
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		deflate = newDeflate(w, level)
		return deflate, nil
	})
	h := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: f.time}
	h.SetMode(os.FileMode(f.mode))
	w, err := z.CreateHeader(h)
	if err != nil {
		return err
	}
	if err := stream(ctx, w, f, seen); err != nil {
		_ = deflate.Close() // the error above is the one that counts
		return err
	}
	return nil
}
