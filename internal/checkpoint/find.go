package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
)

// Find returns the checkpoint of a key, or nil. One that is damaged, as far as
// its meta data and the sizes of its files tell, is removed and reported as a
// *DamageError.
func (s *Store) Find(key string) (*Checkpoint, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	c, err := s.load(key)
	var damage *DamageError
	if !errors.As(err, &damage) {
		return c, err
	}
	var again *DamageError
	trash, err := s.throw(key, func() bool {
		c, err = s.load(key)
		return errors.As(err, &again)
	})
	if err == nil && again == nil { // another process mended it
		return s.load(key)
	}
	if err := errors.Join(err, os.RemoveAll(trash)); err != nil {
		damage.Why += "; it cannot be removed: " + err.Error()
	}
	return nil, damage
}

// throw takes a checkpoint out of the store if doomed still says so when nobody
// else does the same, and returns the folder to remove, or "".
func (s *Store) throw(key string, doomed func() bool) (trash string, err error) {
	unlock, err := s.lock(filelock.Exclusive)
	if err != nil {
		return "", err
	}
	defer unlock()
	if !doomed() {
		return "", nil
	}
	return s.bin(s.path(key))
}

// Drop removes a checkpoint that turned out to be unusable, even if others use
// it; what was put under its key since is left.
func (s *Store) Drop(c *Checkpoint, why string) error {
	trash, err := s.throw(c.Key, func() bool {
		now, err := s.load(c.Key)
		return err != nil || now != nil && now.Sum == c.Sum
	})
	if err = errors.Join(err, os.RemoveAll(trash)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the checkpoint %s (%s): %w", name(c.Key, c.Title), why, err)
	}
	return nil
}

// Chain returns the checkpoint of a key and all that it stands on, root first,
// or nil. If one of them is damaged, it and those that stand on it are removed,
// and the *DamageError is about key.
func (s *Store) Chain(key string) ([]*Checkpoint, error) {
	top, err := s.Find(key)
	if top == nil || err != nil {
		return nil, err
	}
	chain := []*Checkpoint{top}
	for low := top; low.Parent != ""; low = chain[len(chain)-1] {
		why := ""
		parent, err := s.Find(low.Parent)
		var damage *DamageError
		switch {
		case errors.As(err, &damage):
			why = "it stands on another one, and " + damage.Error()
		case err != nil:
			return nil, err
		case parent == nil:
			why = "it stands on " + name(low.Parent, "") + ", which is not there"
		case parent.Sum != low.ParentSum:
			why = "it stands on " + name(low.Parent, parent.Title) + ", which was made anew since"
		case slices.ContainsFunc(chain, func(c *Checkpoint) bool { return c.Key == parent.Key }):
			why = "it stands on itself"
		}
		if why != "" {
			for _, c := range chain {
				if err := s.Drop(c, why); err != nil {
					why += "; " + err.Error()
				}
			}
			return nil, &DamageError{key, top.Title, why}
		}
		chain = append(chain, parent)
	}
	slices.Reverse(chain)
	return chain, nil
}

// Hold marks checkpoints as used now and keeps them from being pruned until
// release, or the end of the process. An error that is fs.ErrNotExist says that
// one of them is no longer there.
func (s *Store) Hold(chain []*Checkpoint) (release func(), err error) {
	var held []*os.File
	release = sync.OnceFunc(func() {
		for _, f := range held {
			f.Close()
		}
	})
	for _, c := range chain {
		path := filepath.Join(s.path(c.Key), lockName)
		f, err := filelock.Acquire(path, filelock.Shared)
		if err == nil {
			held = append(held, f)
			var now *Checkpoint
			if now, err = s.load(c.Key); err == nil && (now == nil || now.Sum != c.Sum) {
				err = fs.ErrNotExist
			}
		}
		if err == nil {
			err = os.Chtimes(path, time.Now(), time.Now())
		}
		if err != nil {
			release()
			return nil, fmt.Errorf("holding the checkpoint %s: %w", name(c.Key, c.Title), err)
		}
	}
	return release, nil
}
