package checkpoint

import (
	"errors"
	"fmt"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/filelock"
	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/sealed"
)

// PutRecord keeps v, as JSON, under a kind and a key, each a word of letters,
// digits, "-" and "_". Readers see the old one or the new one.
func (s *Store) PutRecord(kind, key string, v any) error {
	if err := s.putRecord(kind, key, v); err != nil {
		return fmt.Errorf("keeping the record %s/%s: %w", kind, key, err)
	}
	return nil
}

func (s *Store) putRecord(kind, key string, v any) error {
	if !isWord(kind) || !isWord(key) {
		return errors.New("that is no name of a record")
	}
	unlock, err := s.lock(filelock.Shared) // or sweep would take the file for a leftover
	if err != nil {
		return err
	}
	defer unlock()
	if err := folder.Private(s.path("records", kind)); err != nil {
		return err
	}
	_, err = sealed.Write(s.path("records", kind, key+".json"), v)
	return err
}

// Record reads what PutRecord kept into the value that into points at, and says
// whether there is one. A damaged record is removed: there is none.
func (s *Store) Record(kind, key string, into any) (bool, error) {
	if !isWord(kind) || !isWord(key) {
		return false, fmt.Errorf("%q is no name of a record", kind+"/"+key)
	}
	ok, err := sealed.Recall(s.path("records", kind, key+".json"), into)
	if err != nil {
		return false, fmt.Errorf("reading the record %s/%s: %w", kind, key, err)
	}
	return ok, nil
}

func isWord(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	return s != "" && len(s) <= 128 && strings.Trim(s, letters+"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}
