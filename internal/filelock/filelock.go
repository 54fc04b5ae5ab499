// Package filelock locks files, between goroutines as well as processes. A lock
// ends with the process that has it.
package filelock

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
)

// Kind is how a file is locked.
type Kind int

// Many can share a file, or one have it. Without waiting, a lock that is taken
// is not an error.
const (
	Shared       Kind = syscall.LOCK_SH
	Exclusive    Kind = syscall.LOCK_EX
	TryExclusive Kind = syscall.LOCK_EX | syscall.LOCK_NB
)

// Acquire opens and locks a file, made with mode 0600 if it is not there. It
// returns nil, nil if the lock is taken and kind says not to wait. Closing the
// file unlocks it; removing or renaming it while it is locked is safe.
func Acquire(path string, kind Kind) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		err = flock(f, kind)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, f.Close()
		}
		if err != nil {
			return nil, errors.Join(&fs.PathError{Op: "lock", Path: path, Err: err}, f.Close())
		}
		// Another file may have its name since we opened it.
		got, err := f.Stat()
		if there, statErr := os.Stat(path); err == nil && statErr == nil && os.SameFile(got, there) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
}

// Wait is Acquire of an exclusive lock, until ctx ends.
func Wait(ctx context.Context, path string) (*os.File, error) {
	if f, err := Acquire(path, TryExclusive); f != nil || err != nil {
		return f, err
	}
	type result struct {
		f   *os.File
		err error
	}
	got := make(chan result, 1)
	go func() {
		f, err := Acquire(path, Exclusive)
		got <- result{f, err}
	}()
	select {
	case r := <-got:
		return r.f, r.err
	case <-ctx.Done():
		// The kernel call cannot be cancelled: what it gets is given back.
		go func() { (<-got).f.Close() }()
		return nil, context.Cause(ctx)
	}
}

// Share makes an exclusive lock a shared one. For a moment it is none.
func Share(f *os.File) error { return flock(f, Shared) }

// Remover removes and unlocks a file, once; who waits for it gets a new one.
func Remover(f *os.File) func() {
	return sync.OnceFunc(func() {
		_ = os.Remove(f.Name()) // an empty file is in nobody's way
		f.Close()
	})
}

func flock(f *os.File, kind Kind) error {
	for {
		if err := syscall.Flock(int(f.Fd()), int(kind)); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
