// Package records keeps small documents in a folder that many processes share.
package records

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

// Records are documents, each under a kind and a key.
type Records struct {
	dir  string
	lock func() (unlock func(), err error) // keeps others from taking what is being written for a leftover
}

// New keeps them in a folder. While one is written lock holds.
func New(dir string, lock func() (unlock func(), err error)) *Records {
	return &Records{dir, lock}
}

// PutRecord keeps v, as JSON, under a kind and a key, each a word of letters,
// digits, "-" and "_". Readers see the old one or the new one.
func (r *Records) PutRecord(kind, key string, v any) error {
	if err := r.put(kind, key, v); err != nil {
		return fmt.Errorf("keeping the record %s/%s: %w", kind, key, err)
	}
	return nil
}

func (r *Records) put(kind, key string, v any) error {
	if !isWord(kind) || !isWord(key) {
		return errors.New("that is no name of a record")
	}
	unlock, err := r.lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := folder.Private(filepath.Join(r.dir, kind)); err != nil {
		return err
	}
	_, err = sealed.Write(r.path(kind, key), v)
	return err
}

func (r *Records) path(kind, key string) string { return filepath.Join(r.dir, kind, key+".json") }

// used is how old the time of a record may be that is read, so that reading
// seldom writes.
const used = 24 * time.Hour

// Record reads what PutRecord kept into the value that into points at, and says
// whether there is one. A damaged record is removed: there is none.
func (r *Records) Record(kind, key string, into any) (bool, error) {
	if !isWord(kind) || !isWord(key) {
		return false, fmt.Errorf("%q is no name of a record", kind+"/"+key)
	}
	path := r.path(kind, key)
	ok, err := sealed.Recall(path, into)
	if err != nil {
		return false, fmt.Errorf("reading the record %s/%s: %w", kind, key, err)
	}
	if info, err := os.Stat(path); ok && err == nil && time.Since(info.ModTime()) > used {
		_ = os.Chtimes(path, time.Time{}, time.Now()) // forgotten sooner, at worst
	}
	return ok, nil
}

// Forget removes what was neither kept nor read for that long.
func (r *Records) Forget(age time.Duration) error {
	if err := folder.Forget(age, filepath.Join(r.dir, "*", "*.json")); err != nil {
		return fmt.Errorf("forgetting old records: %w", err)
	}
	return nil
}

func isWord(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return s != "" && len(s) <= 128 && strings.Trim(s, letters+"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
