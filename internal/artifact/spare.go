package artifact

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Spare makes Destroy leave the file at path, which was made of this artifact
// or is one of its own: when it stands among the artifact's files, the others
// are removed one by one and not their whole folder. Files stays as it is, for
// whoever still works on this artifact.
func (a *Artifact) Spare(path string) {
	whole := a.Destroy
	if whole == nil {
		return
	}
	a.spared = append(slices.Clip(a.spared), filepath.Clean(path))
	a.Destroy = func() error {
		if !a.holds(path) {
			return whole()
		}
		var errs []error
		for _, f := range a.Files {
			if slices.Contains(a.spared, filepath.Clean(f)) {
				continue
			}
			if err := os.Remove(f); !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	}
}

// holds says whether path exists in a folder of the artifact, or below one.
func (a *Artifact) holds(path string) bool {
	if _, err := os.Lstat(path); err != nil {
		return false
	}
	target, err := filepath.Abs(path)
	if err != nil {
		return true // not knowing, rather leave too much
	}
	for _, f := range a.Files {
		folder, err := filepath.Abs(filepath.Dir(f))
		if err != nil {
			return true
		}
		if rel, err := filepath.Rel(folder, target); err == nil && filepath.IsLocal(rel) {
			return true
		}
	}
	return false
}
