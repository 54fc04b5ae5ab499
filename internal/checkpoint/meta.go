package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/sealed"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// Version is the layout of a checkpoint; one with another version is damaged.
const Version = 1

// Meta says what a checkpoint is. Publish fills Version and Files.
type Meta struct {
	Version   int             `json:"version"`
	Key       string          `json:"key"`                  // 64 hex digits
	Parent    string          `json:"parent,omitempty"`     // key of the machine its disk stands on
	ParentSum string          `json:"parent_sum,omitempty"` // Sum of that very machine; Publish takes the one in the store if it is ""
	Title     string          `json:"title"`                // "boot", or the provisioner it was frozen after
	Build     string          `json:"build"`
	Template  string          `json:"template"`
	Facts     []stepkey.Fact  `json:"facts,omitempty"`
	Made      time.Time       `json:"made"` // when the step ended
	Took      time.Duration   `json:"took"` // by the step, in nanoseconds
	Files     []File          `json:"files"`
	Data      json.RawMessage `json:"data,omitempty"` // the builder's own
}

// File is one file of a checkpoint.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`   // bytes
	CRC32C uint32 `json:"crc32c"` // Castagnoli
}

// Checkpoint is a whole checkpoint in a store.
type Checkpoint struct {
	Meta
	Dir string // absolute
	Sum string // of the meta data: another machine under the same key has another one
}

// Path names a file of the checkpoint.
func (c *Checkpoint) Path(name string) string { return filepath.Join(c.Dir, name) }

// DamageError tells of a checkpoint that cannot be used.
type DamageError struct {
	Key   string
	Title string // "" if even that cannot be read
	Why   string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("the machine remembered as %s is damaged: %s", name(e.Key, e.Title), e.Why)
}

func name(key, title string) string {
	if title == "" {
		return key[:min(12, len(key))]
	}
	return title + " (" + key[:min(12, len(key))] + ")"
}

// load reads a checkpoint and compares the sizes of its files. There is none if
// it returns nil, nil.
func (s *Store) load(key string) (*Checkpoint, error) {
	c, err := s.read(key)
	if err != nil {
		c = nil
	}
	return c, err
}

// read is load that also returns what is left of a damaged checkpoint.
func (s *Store) read(key string) (c *Checkpoint, err error) {
	c = &Checkpoint{Dir: s.path(key)}
	if c.Sum, err = sealed.Read(c.Path(metaName), &c.Meta); err != nil {
		if _, dirErr := os.Lstat(c.Dir); errors.Is(dirErr, fs.ErrNotExist) {
			return nil, nil
		}
		return c, damaged(key, "", err)
	}
	why := ""
	switch {
	case c.Version != Version:
		why = fmt.Sprintf("its layout is version %d, and this program reads %d", c.Version, Version)
	case c.Key != key:
		why = metaName + " is that of " + c.Key
	}
	for i := 0; i < len(c.Files) && why == ""; i++ {
		f := c.Files[i]
		if f.Name != filepath.Base(f.Name) {
			why = f.Name + " is outside of it"
			break
		}
		info, err := os.Lstat(c.Path(f.Name))
		if err != nil {
			return c, damaged(key, c.Title, err)
		}
		why = f.differs(info.Mode(), info.Size())
	}
	if why != "" {
		return c, &DamageError{key, c.Title, why}
	}
	return c, nil
}

func (f File) differs(mode fs.FileMode, size int64) string {
	switch {
	case !mode.IsRegular():
		return f.Name + " is no regular file"
	case size != f.Size:
		return fmt.Sprintf("%s has %d bytes instead of %d", f.Name, size, f.Size)
	}
	return ""
}

// damaged tells an error that is the checkpoint's fault from one that is the
// machine's.
func damaged(key, title string, err error) error {
	if !sealed.Unusable(err) {
		return fmt.Errorf("reading the checkpoint %s: %w", name(key, title), err)
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return &DamageError{key, title, filepath.Base(path.Path) + ": " + path.Err.Error()}
	}
	return &DamageError{key, title, err.Error()}
}
