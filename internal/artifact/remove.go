package artifact

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Tree lists all that stands in the folder dir, what is in a folder before the
// folder, and dir itself as the last.
func Tree(dir string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	slices.Reverse(all)
	return all, nil
}

// Remove removes the files and folders own, in this order, but for those at the
// paths kept. What is gone already is no error, and a folder with anything left
// in it stays.
func Remove(own, kept []string) error {
	stays := map[string]bool{}
	for _, path := range kept {
		stays[absolute(path)] = true
	}
	var errs []error
	for _, path := range own {
		if stays[absolute(path)] {
			continue
		}
		err := os.Remove(path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, syscall.EEXIST) {
			continue
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Holds says whether a has all the files of b, and b has some.
func (a *Artifact) Holds(b *Artifact) bool {
	own := map[string]bool{}
	for _, path := range a.Files {
		own[absolute(path)] = true
	}
	for _, path := range b.Files {
		if !own[absolute(path)] {
			return false
		}
	}
	return len(b.Files) > 0
}

// absolute is path from the root, or as it is in a folder that is gone.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return filepath.Clean(path)
}
