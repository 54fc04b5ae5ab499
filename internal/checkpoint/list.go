package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/ovenbird-io/ovenbird/internal/folder"
)

// Info is what a store tells of one of its checkpoints.
type Info struct {
	Key, Parent            string
	Title, Build, Template string
	Made, Used             time.Time // used is when it was last resumed or stood on
	Size                   int64     // on the disk, in bytes
	InUse                  bool      // a process holds it
	Damage                 string    // why it cannot be used, or ""
	sum, parentSum         string
}

// List returns all checkpoints, damaged ones too, sorted by key.
func (s *Store) List() (all []Info, err error) {
	unlock, err := s.lock(filelock.Exclusive)
	if err == nil {
		defer unlock()
		all, err = s.list()
	}
	if err != nil {
		return nil, fmt.Errorf("listing the checkpoints of %s: %w", s.dir, err)
	}
	return all, nil
}

// list needs the store locked: two that probe locks at the same time would take
// each other for users.
func (s *Store) list() ([]Info, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var all []Info
	for _, e := range entries {
		if !isKey(e.Name()) {
			continue
		}
		i, err := s.info(e.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	orphans(all)
	return all, nil
}

// orphans marks as damaged what stands on something that is not there whole.
func orphans(all []Info) {
	sums := map[string]string{}
	for _, i := range all {
		if i.Damage == "" {
			sums[i.Key] = i.sum
		}
	}
	for found := true; found; {
		found = false
		for n, i := range all {
			if i.Damage == "" && i.Parent != "" && sums[i.Parent] != i.parentSum {
				all[n].Damage = "what it stands on is not there or not whole"
				delete(sums, i.Key)
				found = true
			}
		}
	}
}

func (s *Store) info(key string) (Info, error) {
	i := Info{Key: key, Size: folder.Usage(s.path(key))}
	c, err := s.read(key)
	var damage *DamageError
	if errors.As(err, &damage) {
		i.Damage = damage.Why
	} else if err != nil {
		return i, err
	}
	if c != nil {
		i.Parent, i.Title, i.Build, i.Template, i.Made = c.Parent, c.Title, c.Build, c.Template, c.Made
		i.sum, i.parentSum = c.Sum, c.ParentSum
	}
	if f, err := s.seize(key); f != nil {
		f.Close()
	} else {
		i.InUse = err == nil
	}
	if info, err := os.Stat(s.path(key, lockName)); err == nil {
		i.Used = info.ModTime()
	}
	return i, nil
}

// seize locks a checkpoint that nobody uses; it returns nil if somebody does.
func (s *Store) seize(key string) (*os.File, error) {
	return filelock.Acquire(s.path(key, lockName), filelock.TryExclusive)
}
