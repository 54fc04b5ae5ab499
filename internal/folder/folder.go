// Package folder does to folders what package os does not.
package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Usage is what all files below dir take on the disk, in bytes. What cannot be
// read, or is removed meanwhile, is not counted.
func Usage(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // not counted
		}
		if info, err := e.Info(); err == nil && !info.IsDir() {
			sum += blocks(info)
		}
		return nil
	})
	return sum
}

func blocks(info os.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return st.Blocks * 512
	}
	return info.Size()
}

// Free is the room left on the disk that has dir, or will have it, in bytes.
func Free(dir string) (int64, error) {
	for {
		var st syscall.Statfs_t
		err := syscall.Statfs(dir, &st)
		up := filepath.Dir(dir)
		if err == nil {
			return int64(st.Bavail) * st.Bsize, nil
		}
		if up == dir || !errors.Is(err, syscall.ENOENT) {
			return 0, &fs.PathError{Op: "statfs", Path: dir, Err: err}
		}
		dir = up
	}
}

// Private makes a folder, and those above it, that is its owner's only.
func Private(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(path, 0o700)
}

// Sync flushes the names in a folder to the disk.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
