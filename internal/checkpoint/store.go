// Package checkpoint keeps frozen machines on disk, each under the key of the
// steps that made it. A checkpoint is there as a whole or not at all, whatever
// happens to the processes that write: each one is drafted in a folder of its
// own and then renamed. Locks (flock) end with the process
// that has them, so nothing a dead process leaves is in anybody's way.
//
//	lock               short: shared to begin a draft, exclusive to throw away
//	secret             32 random bytes
//	KEY/               meta.json, lock (its time is when it was last used), files
//	draft-RANDOM/      the same, being written; its owner has the lock
//	trash-RANDOM/      to be removed
//	claims/KEY         locked by whoever makes the machine of that key
//	records/KIND/      small documents
package checkpoint

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint/records"
	"github.com/ovenbird-io/ovenbird/internal/draft"
	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

const (
	draftPrefix = "draft-"
	trashPrefix = "trash-"
	lockName    = "lock"
	metaName    = "meta.json"
	secretSize  = 32 // bytes
	keySize     = 64 // hex digits
)

// Store is a folder of checkpoints; many processes may share it.
type Store struct {
	*records.Records
	dir    string
	secret []byte
}

// Folder is the store's place in the cache folder.
func Folder(cache string) string { return filepath.Join(cache, "checkpoints") }

// Open makes the folder if needed, private to its owner, and removes what dead
// processes left in it; what cannot be removed is left.
func Open(dir string) (*Store, error) {
	s, trash, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the store of checkpoints %s: %w", dir, err)
	}
	for _, path := range trash {
		_ = os.RemoveAll(path) // the next Open tries again
	}
	return s, nil
}

func open(dir string) (*Store, []string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	s := &Store{dir: abs}
	s.Records = records.New(s.path("records"), func() (func(), error) { return s.lock(filelock.Shared) })
	for _, path := range []string{s.dir, s.path("claims"), s.path("records")} {
		if err := folder.Private(path); err != nil {
			return nil, nil, err
		}
	}
	unlock, err := s.lock(filelock.Exclusive)
	if err != nil {
		return nil, nil, err
	}
	defer unlock()
	trash := s.sweep()
	s.secret, err = s.readSecret()
	return s, trash, err
}

// Dir is the store's folder, absolute.
func (s *Store) Dir() string { return s.dir }

// Secret is 32 random bytes, the same for every use of this store.
func (s *Store) Secret() []byte { return s.secret }

func (s *Store) readSecret() ([]byte, error) {
	path := s.path("secret")
	secret, err := os.ReadFile(path)
	if err == nil && len(secret) == secretSize {
		return secret, os.Chmod(path, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	secret = make([]byte, secretSize)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return secret, sealed.WriteFile(path, secret)
}

// sweep takes the drafts of dead processes out of the way and returns what is
// to be removed. The store must be locked, so that no draft is just beginning.
func (s *Store) sweep() (trash []string) {
	all, _ := os.ReadDir(s.dir) // what is not seen stays
	for _, e := range all {
		path := s.path(e.Name())
		switch {
		case strings.HasPrefix(e.Name(), trashPrefix), strings.HasPrefix(e.Name(), draft.Prefix):
			trash = append(trash, path)
		case strings.HasPrefix(e.Name(), draftPrefix):
			f, err := filelock.Acquire(filepath.Join(path, lockName), filelock.TryExclusive)
			if f == nil || err != nil {
				continue
			}
			if bin, err := s.bin(path); err == nil {
				trash = append(trash, bin)
			}
			f.Close()
		}
	}
	claims, _ := os.ReadDir(s.path("claims"))
	for _, e := range claims {
		if release, ok, err := s.TryClaim(e.Name()); err == nil && ok {
			release()
		}
	}
	records, _ := filepath.Glob(s.path("records", "*", draft.Prefix+"*"))
	for _, path := range records {
		_ = os.Remove(path)
	}
	return trash
}

// bin renames a folder of the store, so that nobody takes it for a checkpoint.
func (s *Store) bin(path string) (string, error) {
	to := s.path(trashPrefix + rand.Text())
	return to, os.Rename(path, to)
}

func (s *Store) path(elem ...string) string {
	return filepath.Join(append([]string{s.dir}, elem...)...)
}

// lock gets the lock of the store; it is for short work, never for contents.
func (s *Store) lock(kind filelock.Kind) (unlock func(), err error) {
	f, err := filelock.Acquire(s.path(lockName), kind)
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}

func isKey(key string) bool {
	return len(key) == keySize && strings.Trim(key, "0123456789abcdef") == ""
}

func checkKey(key string) error {
	if !isKey(key) {
		return fmt.Errorf("%q is no key of a checkpoint: it must be %d lower-case hex digits", key, keySize)
	}
	return nil
}
