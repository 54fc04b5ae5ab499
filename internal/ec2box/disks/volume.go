package disks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
)

// Volume is a disk of a machine. Its folder has the snapshot that it was made
// from, "origin"; that as one file, "base"; and what was written since, "disk".
type Volume struct {
	dir    string
	origin *Snapshot
}

// CreateVolume makes a volume with the contents of a snapshot, which may be
// deleted afterwards, or an empty one for "". A size of 0 is the snapshot's.
func (s *Store) CreateVolume(ctx context.Context, id, snapshot string, sizeGiB int64) error {
	var from *Snapshot
	if snapshot != "" {
		var err error
		if from, err = s.complete(snapshot); err != nil {
			return err
		}
		sizeGiB = max(sizeGiB, from.SizeGiB())
	}
	final := s.volumeDir(id)
	if _, err := os.Lstat(final); err == nil {
		return fmt.Errorf("making volume %s: %w", id, fs.ErrExist)
	}
	dir, err := os.MkdirTemp(s.volumeDir(""), ".new-")
	if err != nil {
		return fmt.Errorf("making volume %s: %w", id, err)
	}
	if err = os.Mkdir(filepath.Join(dir, "origin"), 0o700); err == nil {
		var origin *Snapshot
		if origin, err = child(ctx, filepath.Join(dir, "origin"), id, from, sizeGiB); err == nil {
			err = origin.Complete()
			origin.close()
		}
	}
	if err == nil {
		err = os.Rename(dir, final)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("making volume %s: %w", id, err), os.RemoveAll(dir))
	}
	return nil
}

// Volume gives a volume of the store, ErrUnknown if there is none.
func (s *Store) Volume(id string) (*Volume, error) {
	dir := s.volumeDir(id)
	origin, err := load(filepath.Join(dir, "origin"))
	if id == "" || errors.Is(err, fs.ErrNotExist) {
		err = ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("opening volume %s: %w", id, err)
	}
	return &Volume{dir, origin}, nil
}

// DeleteVolume removes a volume that no machine uses.
func (s *Store) DeleteVolume(id string) error {
	v, err := s.Volume(id)
	if err != nil {
		return err
	}
	v.origin.close()
	return os.RemoveAll(v.dir)
}

// VolumeFile is the qcow2 file of a volume, for a machine to write to. It is
// made the first time that it is asked for.
func (s *Store) VolumeFile(ctx context.Context, id string) (string, error) {
	v, err := s.Volume(id)
	if err != nil {
		return "", err
	}
	defer v.origin.close()
	final := filepath.Join(v.dir, "disk")
	if _, err := os.Lstat(final); err == nil {
		return final, nil
	}
	if err := v.makeBase(ctx); err != nil {
		return "", fmt.Errorf("making the disk of volume %s: %w", id, err)
	}
	next := filepath.Join(v.dir, ".disk")
	_, err = qemuimg.Run(ctx, "create", "-q", "-f", "qcow2", "-F", "raw", "-b", filepath.Join(v.dir, "base"), next)
	if err != nil {
		return "", err
	}
	return final, os.Rename(next, final)
}

// makeBase makes one file of the origin, which it shares where it can.
func (v *Volume) makeBase(ctx context.Context) error {
	base := filepath.Join(v.dir, "base")
	if _, err := os.Lstat(base); err == nil {
		return nil
	}
	only, err := v.origin.onlyLayer()
	if err != nil {
		return err
	}
	if only != "" && os.Link(only, base) == nil {
		return nil
	}
	next := filepath.Join(v.dir, ".base")
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	if err := v.origin.ToFile(ctx, next); err != nil {
		return err
	}
	return os.Rename(next, base)
}

// onlyLayer is the file that has all blocks of the snapshot and its size, or "".
func (sn *Snapshot) onlyLayer() (string, error) {
	used := byte(0)
	for _, layer := range sn.index {
		if layer == 0 || layer == used {
			continue
		}
		if used > 0 {
			return "", nil
		}
		used = layer
	}
	if used == 0 {
		used = 1
	}
	path := filepath.Join(sn.dir, sn.facts.Layers[used-1])
	info, err := os.Stat(path)
	if err != nil || info.Size() != sn.Size() {
		return "", err
	}
	return path, nil
}

// freeze makes a complete snapshot of the volume.
func (v *Volume) freeze(ctx context.Context, dir, id string) (*Snapshot, error) {
	sn, err := child(ctx, dir, id, v.origin, v.origin.SizeGiB())
	if err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(v.dir, "disk"))
	if errors.Is(err, fs.ErrNotExist) { // no machine has had it yet
		return sn, sn.Complete()
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := openOverlay(f)
	if err != nil {
		sn.close()
		return nil, fmt.Errorf("reading what was written to the volume: %w", err)
	}
	return sn.filled(ctx, img)
}
