// Package draft writes files that get their name when they are complete.
package draft

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Prefix begins the names of files that are not complete.
const Prefix = ".draft-"

// Write makes the file name of what fill writes, or leaves what is there: nobody
// sees a part of it, nor what another build writes at the same time. A new file
// gets mode, less the umask; one that is replaced hands on its own mode; fill may
// change it. What is no regular file, such as /dev/null, is written as it is. The
// errors of fill are returned as they are.
func Write(name string, mode fs.FileMode, fill func(f *os.File) error) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	old, err := os.Stat(name)
	if err == nil && !old.Mode().IsRegular() {
		return through(name, fill)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replacing a file: %w", err)
	}
	next := filepath.Join(filepath.Dir(name), Prefix+rand.Text())
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode.Perm())
	if err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	if old != nil {
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = fill(f)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(next, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}

func through(name string, fill func(f *os.File) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("writing to it: %w", err)
	}
	return errors.Join(fill(f), f.Close())
}
