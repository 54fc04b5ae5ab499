package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Scrub overwrites every occurrence of a secret in a disk image that no
// machine uses, and tells how many there were. Sealing cleans files, but file
// systems leave old versions of them in free blocks, which a discard does not
// reach where they share a cluster of the image with blocks in use. The image
// must be raw or uncompressed qcow2.
func Scrub(ctx context.Context, image string, secret []byte) (found int, err error) {
	if len(secret) < 16 {
		return 0, fmt.Errorf("scrubbing %s: a secret of %d bytes could be found by accident", image, len(secret))
	}
	f, err := os.OpenFile(image, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("scrubbing an image: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buf := make([]byte, 4<<20)
	blank := make([]byte, len(secret))
	for at := int64(0); ; {
		if ctx.Err() != nil {
			return found, context.Cause(ctx)
		}
		n, err := f.ReadAt(buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return found, fmt.Errorf("scrubbing %s: %w", image, err)
		}
		for from := 0; ; {
			i := bytes.Index(buf[from:n], secret)
			if i < 0 {
				break
			}
			if _, err := f.WriteAt(blank, at+int64(from+i)); err != nil {
				return found, fmt.Errorf("scrubbing %s: %w", image, err)
			}
			found++
			from += i + len(secret)
		}
		if n < len(buf) {
			return found, nil
		}
		at += int64(n - len(secret) + 1) // a secret may lie across two reads
	}
}
