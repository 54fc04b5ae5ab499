// Package digest computes checksums of large files, and remembers them while
// the files do not change.
package digest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

const kind = "digests"

// Two changes between two ticks of a file system's clock look the same. Linux
// takes its time stamps from a clock that ticks every 10 ms at most; some file
// systems keep only whole or even seconds of them.
const (
	tick   = 20 * time.Millisecond
	coarse = 2 * time.Second
)

// Memory keeps small documents.
type Memory interface {
	PutRecord(kind, key string, v any) error
	Record(kind, key string, into any) (bool, error)
}

// CRC32C reads a file to its end and returns its length in bytes and its
// checksum (Castagnoli).
func CRC32C(ctx context.Context, f *os.File) (size int64, sum uint32, err error) {
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	size, err = copyAll(ctx, h, f)
	return size, h.Sum32(), err
}

// identity is what changes when a file does: the time of the last change of its
// inode cannot be set back.
type identity struct {
	Path          string
	Device, Inode uint64
	Size          int64 // bytes
	Mtime, Ctime  int64 // nanoseconds since 1970
}

type known struct {
	Identity identity
	SHA256   string
}

// SHA256 is the digest of a file, in hex. The memory, if it is not nil, has it
// until the file changes. Where time stamps are coarse, a file that just changed
// is read again next time.
func SHA256(ctx context.Context, m Memory, path string) (string, error) {
	sum, err := sha(ctx, m, path, time.Now())
	if err != nil {
		return "", fmt.Errorf("computing the digest of %s: %w", path, err)
	}
	return sum, nil
}

func sha(ctx context.Context, m Memory, path string, now time.Time) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	f, err := os.Open(abs)
	if err != nil {
		return "", err
	}
	defer f.Close()
	before, err := identify(abs, f)
	if err != nil {
		return "", err
	}
	key := sealed.Sum([]byte(abs))
	if m != nil {
		var old known
		if ok, err := m.Record(kind, key, &old); err != nil || ok && old.Identity == before {
			return old.SHA256, err
		}
	}
	settled := before.settle(ctx, now)
	h := sha256.New()
	if _, err := copyAll(ctx, h, f); err != nil {
		return "", err
	}
	if after, err := identify(abs, f); err != nil || after != before {
		return "", errors.Join(err, errors.New("it changed while it was read"))
	}
	k := known{before, hex.EncodeToString(h.Sum(nil))}
	if m != nil && settled {
		err = m.PutRecord(kind, key, k)
	}
	return k.SHA256, err
}

// settle waits until a change of the file would show in its time stamps, and
// says whether it would.
func (i identity) settle(ctx context.Context, now time.Time) bool {
	last := max(i.Mtime, i.Ctime)
	age := now.Sub(time.Unix(0, last))
	if last%int64(time.Second) == 0 {
		return age > coarse
	}
	if age > tick {
		return true
	}
	select {
	case <-time.After(min(tick, tick-age)):
		return age >= 0
	case <-ctx.Done():
		return false
	}
}

// Relink does what changes the links to a file and nothing else of it, so that
// the memory goes on to know its digest. The error is that of doing it.
func Relink(m Memory, path string, do func() error) error {
	abs, err := filepath.Abs(path)
	if m == nil || err != nil {
		return do()
	}
	key := sealed.Sum([]byte(abs))
	var old known
	is, identified := stat(abs)
	ok, err := m.Record(kind, key, &old)
	if err := do(); err != nil {
		return err
	}
	now, again := stat(abs)
	if err != nil || !ok || !identified || !again || old.Identity != is {
		return nil
	}
	if is.Ctime = now.Ctime; is == now {
		_ = m.PutRecord(kind, key, known{now, old.SHA256}) // or it is read again
	}
	return nil
}

func stat(abs string) (identity, bool) {
	f, err := os.Open(abs)
	if err != nil {
		return identity{}, false
	}
	defer f.Close()
	is, err := identify(abs, f)
	return is, err == nil
}

func identify(abs string, f *os.File) (identity, error) {
	info, err := f.Stat()
	if err != nil {
		return identity{}, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return identity{}, errors.New("it is no regular file")
	}
	return identity{abs, uint64(st.Dev), st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, nil
}

// copyAll is io.Copy that can be cancelled.
func copyAll(ctx context.Context, w io.Writer, f *os.File) (size int64, err error) {
	buf := make([]byte, 1<<20)
	for {
		if ctx.Err() != nil {
			return size, context.Cause(ctx)
		}
		n, err := f.Read(buf)
		size += int64(n)
		if _, err := w.Write(buf[:n]); err != nil {
			return size, err
		}
		if errors.Is(err, io.EOF) {
			return size, nil
		}
		if err != nil {
			return size, err
		}
	}
}
