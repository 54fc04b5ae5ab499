package checkpoint

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ovenbird-io/ovenbird/internal/digest"
	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

const maxTries = 3 // to take the place of a damaged checkpoint

// Draft is a checkpoint in the making: a private folder for its files. It
// vanishes with the process that has it.
type Draft struct {
	Dir   string // absolute
	store *Store
	owner *os.File // nil when it is published or abandoned
}

// Draft begins a checkpoint; Publish or Abandon ends it.
func (s *Store) Draft() (*Draft, error) {
	unlock, err := s.lock(filelock.Shared)
	if err != nil {
		return nil, fmt.Errorf("beginning a checkpoint: %w", err)
	}
	defer unlock()
	d := &Draft{Dir: s.path(draftPrefix + rand.Text()), store: s}
	if err := os.Mkdir(d.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("beginning a checkpoint: %w", err)
	}
	if d.owner, err = filelock.Acquire(d.Path(lockName), filelock.Exclusive); err != nil {
		return nil, fmt.Errorf("beginning a checkpoint: %w", errors.Join(err, os.RemoveAll(d.Dir)))
	}
	return d, nil
}

// Path names a file of the draft.
func (d *Draft) Path(name string) string { return filepath.Join(d.Dir, name) }

// Abandon removes the draft; it does nothing after Publish.
func (d *Draft) Abandon() error {
	if d.owner == nil {
		return nil
	}
	err := os.RemoveAll(d.Dir)
	d.owner.Close()
	d.owner = nil
	if err != nil {
		return fmt.Errorf("removing an unfinished checkpoint: %w", err)
	}
	return nil
}

// ErrExists is a checkpoint that somebody else has made meanwhile.
var ErrExists = errors.New("there is one already")

// Publish puts the files of the draft, which must be plain files without
// folders, into the store under m.Key, and holds them from then on: see Hold. If
// there is a whole checkpoint under that key by now, that one stays and the
// error wraps ErrExists. After an error the draft is still the caller's, who may
// be using its files.
func (d *Draft) Publish(ctx context.Context, m Meta) (c *Checkpoint, release func(), err error) {
	c, held, err := d.publish(ctx, m)
	if err != nil {
		return nil, nil, fmt.Errorf("keeping the checkpoint %s: %w", name(m.Key, m.Title), err)
	}
	return c, sync.OnceFunc(func() { held.Close() }), nil
}

func (d *Draft) publish(ctx context.Context, m Meta) (c *Checkpoint, held *os.File, err error) {
	if d.owner == nil {
		return nil, nil, errors.New("it is published or abandoned already")
	}
	err = checkKey(m.Key)
	if err == nil && m.Parent != "" {
		err = d.store.adopt(&m)
	}
	if err != nil {
		return nil, nil, err
	}
	m.Version = Version
	if m.Files, err = d.measure(ctx); err != nil {
		return nil, nil, err
	}
	sum, err := sealed.Write(d.Path(metaName), m)
	if err = errors.Join(err, os.Chtimes(d.Path(lockName), time.Now(), time.Now()), folder.Sync(d.Dir)); err != nil {
		return nil, nil, err
	}
	c = &Checkpoint{Meta: m, Dir: d.store.path(m.Key), Sum: sum}
	held, err = d.rename(ctx, c)
	return c, held, err
}

// adopt finds the machine that a checkpoint stands on.
func (s *Store) adopt(m *Meta) error {
	parent, err := s.Find(m.Parent)
	if err != nil {
		return err
	}
	if parent != nil && m.ParentSum == "" {
		m.ParentSum = parent.Sum
	}
	if parent == nil || parent.Sum != m.ParentSum {
		return fmt.Errorf("the machine %s that it stands on is no longer in the store", name(m.Parent, ""))
	}
	return nil
}

// measure makes the files private and measures them. They are not synced to the
// disk, which would slow down what is built meanwhile: what a power failure
// damages is noticed when it is to be used.
func (d *Draft) measure(ctx context.Context) ([]File, error) {
	all, err := os.ReadDir(d.Dir)
	if err != nil {
		return nil, err
	}
	files := []File{}
	for _, e := range all {
		switch {
		case e.Name() == lockName:
			continue
		case e.Name() == metaName || !e.Type().IsRegular():
			return nil, fmt.Errorf("%s cannot be a part of a checkpoint", e.Name())
		}
		files = append(files, File{Name: e.Name()})
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readers)
	for i := range files {
		g.Go(func() error {
			f, err := os.Open(d.Path(files[i].Name))
			if err != nil {
				return err
			}
			defer f.Close()
			if err := f.Chmod(0o600); err != nil {
				return err
			}
			files[i].Size, files[i].CRC32C, err = digest.CRC32C(ctx, f)
			return err
		})
	}
	return files, g.Wait()
}

// rename gives the draft its final name.
func (d *Draft) rename(ctx context.Context, c *Checkpoint) (held *os.File, err error) {
	for try := 1; ; try++ {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		held, err := d.move(c)
		if !errors.Is(err, fs.ErrExist) {
			return held, err
		}
		there, err := d.store.Chain(c.Key)
		var damage *DamageError
		if err != nil && (!errors.As(err, &damage) || try == maxTries) {
			return nil, err
		}
		if len(there) > 0 {
			return nil, ErrExists
		}
	}
}

// move renames the draft and holds it before anybody can remove it.
func (d *Draft) move(c *Checkpoint) (held *os.File, err error) {
	unlock, err := d.store.lock(filelock.Shared)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := filelock.Share(d.owner); err != nil {
		return nil, err
	}
	if err := os.Rename(d.Dir, c.Dir); err != nil {
		return nil, err
	}
	held, d.owner = d.owner, nil
	_ = folder.Sync(d.store.dir) // from here on it is there; see measure for what a power failure does
	return held, nil
}
