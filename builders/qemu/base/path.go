package base

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/digest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Path gives the absolute path of the base: the disk of the artifact that
// another source made, if from is not nil, else what the options name, which
// may be a download in the cache folder dir.
func (o *Origin) Path(ctx context.Context, from *artifact.Artifact, dir string, out *ui.UI) (path string, err error) {
	if from != nil {
		if path = from.Details["disk"]; path == "" {
			return "", fmt.Errorf("%s made no disk to start from (%s)", o.Base, from.Title)
		}
	} else if path, err = o.Fetch(ctx, dir, out); err != nil {
		return "", err
	}
	if path, err = filepath.Abs(path); err != nil {
		return "", fmt.Errorf("finding the base image: %w", err)
	}
	return path, nil
}

// Hold keeps a download in the cache folder dir from being replaced by another
// run that finds a newer one: it is linked to own, which is then the path to
// use, until release. Elsewhere the base is the user's. The memory, if it is
// not nil, goes on to know the download's digest.
func Hold(path, dir, own string, known digest.Memory) (held string, release func() error) {
	within, err := filepath.Rel(dir, path)
	if err == nil && filepath.IsLocal(within) {
		err = digest.Relink(known, path, func() error { return os.Link(path, own) })
	} else {
		own = path
	}
	if err != nil || own == path { // such as on another file system
		return path, func() error { return nil }
	}
	return own, func() error {
		return digest.Relink(known, path, func() error {
			if err := os.Remove(own); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("letting go of the base image: %w", err)
			}
			return nil
		})
	}
}

// Same is an error if the file at path is not the one that was looked at, or has
// been written since; nil is one that nobody looked at.
func Same(path string, was os.FileInfo) error {
	if was == nil {
		return nil
	}
	now, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("looking at the base image: %w", err)
	}
	if !os.SameFile(now, was) || now.Size() != was.Size() || !now.ModTime().Equal(was.ModTime()) {
		return fmt.Errorf("the base image %s has changed since the build began", path)
	}
	return nil
}
