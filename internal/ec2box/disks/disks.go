// Package disks keeps the contents of the sandbox's snapshots and volumes:
// blocks of 512 KiB in sparse files, shared between those that have them in
// common. What else EC2 knows of them, it does not know.
package disks

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/ovenbird-io/ovenbird/internal/folder"
)

// BlockSize is the size of a block, in bytes; EBS knows no other.
const BlockSize = 512 << 10

// GiB is the unit of the sizes of snapshots and volumes, in bytes.
const GiB = 1 << 30

// deepest is how many layers a snapshot may have before a child of it gets one
// file with all of its blocks.
const deepest = 32

// ErrUnknown says that there is no snapshot or volume of that id.
var ErrUnknown = errors.New("it is not in the store")

// ErrPending says that a snapshot still takes blocks, so that nothing can be made of it.
var ErrPending = errors.New("it is not complete")

// Store is a folder of snapshots and volumes. The ids are the caller's; they
// are names of folders here.
type Store struct {
	dir string

	mu   sync.Mutex
	open map[string]*Snapshot
}

// Open makes the folder where needed, for its owner only.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir) // volumes name their base
	if err != nil {
		return nil, fmt.Errorf("making the folder of disks: %w", err)
	}
	s := &Store{dir: dir, open: map[string]*Snapshot{}}
	for _, name := range []string{s.snapshotDir(""), s.volumeDir("")} {
		if err := folder.Private(name); err != nil {
			return nil, fmt.Errorf("making the folder of disks: %w", err)
		}
	}
	return s, nil
}

func (s *Store) snapshotDir(id string) string { return filepath.Join(s.dir, "snapshots", id) }
func (s *Store) volumeDir(id string) string   { return filepath.Join(s.dir, "volumes", id) }

// Create starts an empty snapshot, or with a parent one that has all of the
// parent's blocks, which may be deleted afterwards. It takes blocks until it is
// Completed.
func (s *Store) Create(ctx context.Context, id, parent string, sizeGiB int64) (*Snapshot, error) {
	var from *Snapshot
	if parent != "" {
		var err error
		if from, err = s.complete(parent); err != nil {
			return nil, err
		}
	}
	return s.add(id, func(dir string) (*Snapshot, error) { return child(ctx, dir, id, from, sizeGiB) })
}

// Copy makes a complete snapshot with the blocks of another one.
func (s *Store) Copy(id, from string) (*Snapshot, error) {
	origin, err := s.complete(from)
	if err != nil {
		return nil, err
	}
	return s.add(id, func(dir string) (*Snapshot, error) { return origin.linkTo(dir, id) })
}

// FromFile makes a complete snapshot of an image, qcow2 or raw. Its size is the
// image's, in whole GiB.
func (s *Store) FromFile(ctx context.Context, id, path string) (*Snapshot, error) {
	return s.add(id, func(dir string) (*Snapshot, error) { return imported(ctx, dir, id, path) })
}

// FromVolume makes a complete snapshot of a volume that no machine writes to.
// It shares the blocks that the volume has had from the start.
func (s *Store) FromVolume(ctx context.Context, id, volume string) (*Snapshot, error) {
	v, err := s.Volume(volume)
	if err != nil {
		return nil, err
	}
	defer v.origin.close()
	return s.add(id, func(dir string) (*Snapshot, error) { return v.freeze(ctx, dir, id) })
}

// add makes a snapshot in a folder that has its name only when it is there as
// a whole.
func (s *Store) add(id string, build func(dir string) (*Snapshot, error)) (*Snapshot, error) {
	final := s.snapshotDir(id)
	if _, err := os.Lstat(final); err == nil {
		return nil, fmt.Errorf("making snapshot %s: %w", id, fs.ErrExist)
	}
	dir, err := os.MkdirTemp(s.snapshotDir(""), ".new-")
	if err != nil {
		return nil, fmt.Errorf("making snapshot %s: %w", id, err)
	}
	made, err := build(dir)
	if err == nil {
		err = os.Rename(dir, final)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("making snapshot %s: %w", id, err), os.RemoveAll(dir))
	}
	made.dir = final
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[id] = made
	return made, nil
}

// Snapshot gives a snapshot of the store, ErrUnknown if there is none.
func (s *Store) Snapshot(id string) (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if made := s.open[id]; made != nil {
		return made, nil
	}
	made, err := load(s.snapshotDir(id))
	if id == "" || errors.Is(err, fs.ErrNotExist) {
		err = ErrUnknown
	}
	if err != nil {
		return nil, fmt.Errorf("opening snapshot %s: %w", id, err)
	}
	s.open[id] = made
	return made, nil
}

func (s *Store) complete(id string) (*Snapshot, error) {
	made, err := s.Snapshot(id)
	if err == nil && !made.IsComplete() {
		return nil, fmt.Errorf("opening snapshot %s: %w", id, ErrPending)
	}
	return made, err
}

// Delete removes a snapshot. What shares blocks with it keeps them.
func (s *Store) Delete(id string) error {
	made, err := s.Snapshot(id)
	if err != nil {
		return err
	}
	s.mu.Lock()
	delete(s.open, id)
	s.mu.Unlock()
	made.close()
	return os.RemoveAll(made.dir)
}

// Close closes all files; the store is not to be used any more.
func (s *Store) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, made := range s.open {
		made.close()
	}
	clear(s.open)
}
