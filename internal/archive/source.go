package archive

import (
	"bytes"
	"context"
	"io"
	"os"
	"time"
)

// source is an open entry.
type source struct {
	io.Reader
	io.Closer
	size int64
	mode int64
	time time.Time
}

func open(e Entry) (*source, error) {
	if e.Path == "" {
		return &source{bytes.NewReader(e.Data), io.NopCloser(nil), int64(len(e.Data)), 0o644, time.Now()}, nil
	}
	f, err := os.Open(e.Path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close() // the error below is the one that counts
		return nil, err
	}
	return &source{f, f, info.Size(), int64(info.Mode().Perm()), info.ModTime()}, nil
}

// stream copies all of r, stopping when ctx ends.
func stream(ctx context.Context, w io.Writer, r io.Reader, seen io.Writer) error {
	buf := make([]byte, 1<<20)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			_, _ = seen.Write(buf[:n]) // a bar does not fail
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
