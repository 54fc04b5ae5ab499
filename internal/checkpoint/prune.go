package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
)

// Prune removes damaged checkpoints, then the least recently used ones until
// the rest takes no more than budget bytes. One that is in use stays, and so
// does all that it stands on. It returns what it took out of the store, also
// when it fails. Records that nobody used for a month go too.
func (s *Store) Prune(budget int64) ([]Info, error) {
	gone, err := s.remove(func(left []Info) *Info {
		var size int64
		for _, i := range left {
			size += i.Size
		}
		return doomed(left, func(i Info) bool { return i.Damage != "" || size > budget })
	})
	return gone, errors.Join(err, s.Forget(month))
}

// month is how long a record is kept that nobody uses.
const month = 30 * 24 * time.Hour

// Remove removes a checkpoint and all that stand on it. If one of them is in
// use it stays, with what it stands on, and that is the error.
func (s *Store) Remove(key string) ([]Info, error) {
	if err := checkKey(key); err != nil {
		return nil, err
	}
	tree := map[string]bool{}
	gone, err := s.remove(func(left []Info) *Info {
		for grown := true; grown; {
			grown = false
			for _, i := range left {
				if !tree[i.Key] && (i.Key == key || tree[i.Parent]) {
					tree[i.Key], grown = true, true
				}
			}
		}
		return doomed(left, func(i Info) bool { return tree[i.Key] })
	})
	if err == nil && len(gone) < len(tree) {
		err = fmt.Errorf("removing the checkpoint %s: it, or one that stands on it, is in use", name(key, ""))
	}
	if err == nil && len(tree) == 0 {
		err = fmt.Errorf("removing the checkpoint %s: %w", name(key, ""), fs.ErrNotExist)
	}
	return gone, err
}

// doomed chooses the next one to remove: nobody uses it nor stands on it, the
// damaged come first, then the least recently used.
func doomed(left []Info, wanted func(Info) bool) *Info {
	stoodOn := map[string]bool{}
	for _, i := range left {
		if i.Damage == "" || i.InUse {
			stoodOn[i.Parent] = true
		}
	}
	var found *Info
	for n, i := range left {
		if !i.InUse && !stoodOn[i.Key] && wanted(i) && (found == nil || sooner(i, *found) < 0) {
			found = &left[n]
		}
	}
	return found
}

func sooner(a, b Info) int {
	whole := func(i Info) int { return 1 - min(1, len(i.Damage)) }
	return cmp.Or(whole(a)-whole(b), a.Used.Compare(b.Used), cmp.Compare(a.Key, b.Key))
}

// remove takes checkpoints out one by one, as next chooses, until it returns
// nil. Their contents go when others can use the store again.
func (s *Store) remove(next func(left []Info) *Info) (gone []Info, err error) {
	gone, trash, err := s.takeOut(next)
	for _, path := range trash {
		err = errors.Join(err, os.RemoveAll(path))
	}
	if err != nil {
		return gone, fmt.Errorf("removing checkpoints of %s: %w", s.dir, err)
	}
	return gone, nil
}

func (s *Store) takeOut(next func(left []Info) *Info) (gone []Info, trash []string, err error) {
	unlock, err := s.lock(filelock.Exclusive)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	left, err := s.list()
	if err != nil {
		return nil, nil, err
	}
	for one := next(left); one != nil; one = next(left) {
		f, err := s.seize(one.Key)
		if err != nil {
			return gone, trash, err
		}
		if f == nil { // somebody began to use it after it was listed
			one.InUse = true
			continue
		}
		bin, err := s.bin(s.path(one.Key))
		f.Close()
		if err != nil {
			return gone, trash, err
		}
		gone, trash = append(gone, *one), append(trash, bin)
		key := one.Key
		left = slices.DeleteFunc(left, func(i Info) bool { return i.Key == key })
	}
	return gone, trash, nil
}
