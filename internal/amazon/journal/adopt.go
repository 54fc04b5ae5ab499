package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
)

// Adopt takes over the entries of dead runs that match says yes to: from now on
// they stand in the journal of this process. What a run that lives has is left
// alone.
func (j *Journal) Adopt(match func(Entry) bool) ([]*Claim, error) {
	paths, err := filepath.Glob(filepath.Join(escape(j.dir), "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("looking into the journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	var all []*Claim
	var errs []error
	for _, path := range paths {
		some, err := j.adoptFrom(path, match)
		all, errs = append(all, some...), append(errs, err)
	}
	return all, errors.Join(errs...)
}

func (j *Journal) adoptFrom(path string, match func(Entry) bool) (all []*Claim, err error) {
	f, err := take(path)
	if f == nil || err != nil {
		return nil, err
	}
	for _, n := range f.claims() {
		if !match(f.open[n]) {
			continue
		}
		c, err := j.intend(f.open[n]) // in two places for a moment, never in none
		if err == nil {
			all = append(all, c)
			err = f.append(record{Claim: n, Struck: true}, 0)
		}
		if err != nil {
			return all, errors.Join(err, f.Close())
		}
	}
	if len(f.open) == 0 {
		return all, f.remove()
	}
	return all, f.Close()
}

// Left lists what dead runs have open, the oldest first.
func (j *Journal) Left() ([]Entry, error) {
	return j.list(func(path string) (*file, error) {
		f, err := take(path)
		if f == nil || err != nil {
			return nil, err
		}
		if len(f.open) == 0 {
			return f, f.remove()
		}
		return f, f.Close()
	})
}

// Living lists what runs have open that live, the oldest first; this process is
// one of them.
func (j *Journal) Living() ([]Entry, error) {
	return j.list(func(path string) (*file, error) {
		dead, err := filelock.Acquire(path, filelock.TryExclusive)
		if dead != nil {
			return nil, dead.Close()
		}
		if err != nil {
			return nil, err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f := &file{open: map[int]Entry{}}
		f.parse(text)
		return f, nil
	})
}

// list gives what is open in all files that look gives; nil is none.
func (j *Journal) list(look func(path string) (*file, error)) ([]Entry, error) {
	paths, err := filepath.Glob(filepath.Join(escape(j.dir), "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("looking into the journal: %w", err)
	}
	var all []Entry
	for _, path := range paths {
		f, err := look(path)
		switch {
		case errors.Is(err, fs.ErrNotExist) || f == nil && err == nil:
			continue
		case err != nil:
			return nil, fmt.Errorf("looking into the journal: %w", err)
		}
		for _, n := range f.claims() {
			all = append(all, f.open[n])
		}
	}
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Made.Compare(b.Made) })
	return all, nil
}

// escape makes a folder's name a pattern that only it matches.
func escape(dir string) string {
	var all []rune
	for _, r := range dir {
		if slices.Contains([]rune(`*?[\`), r) {
			all = append(all, '\\')
		}
		all = append(all, r)
	}
	return string(all)
}
