// Package sealed writes JSON documents that carry the SHA-256 of their body, so
// that a damaged one is never read as another one.
package sealed

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"syscall"

	"github.com/ovenbird-io/ovenbird/internal/draft"
)

// The form is fixed to the byte: any change is noticed.
const head, neck, foot = `{"sha256":"`, `","body":`, "}\n"

// ErrDamaged is within the error of a document that does not match its checksum.
var ErrDamaged = errors.New("its checksum does not match")

// Write makes or replaces the file path, mode 0600, as a whole and flushed to
// the disk, and returns the checksum of its body in hex.
func Write(path string, v any) (sum string, err error) {
	text, sum, err := Seal(v)
	if err != nil {
		return "", err
	}
	return sum, WriteFile(path, text)
}

// Seal is the text of a document and the checksum of its body in hex.
func Seal(v any) (text []byte, sum string, err error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, "", err
	}
	sum = Sum(body)
	return fmt.Appendf(nil, "%s%s%s%s%s", head, sum, neck, body, foot), sum, nil
}

// WriteFile is Write for bytes as they are.
func WriteFile(path string, text []byte) error {
	return draft.Write(path, 0o600, func(f *os.File) error {
		_, err := f.Write(text)
		return errors.Join(err, f.Chmod(0o600))
	})
}

// Read reads what Write wrote into the value that v points at. An error is
// an *fs.PathError.
func Read(path string, v any) (sum string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	rest, isHead := bytes.CutPrefix(text, []byte(head))
	rest, isFoot := bytes.CutSuffix(rest, []byte(foot))
	if !isHead || !isFoot || len(rest) < sha256.Size*2 {
		return "", &fs.PathError{Op: "read", Path: path, Err: ErrDamaged}
	}
	sum = string(rest[:sha256.Size*2])
	body, ok := bytes.CutPrefix(rest[sha256.Size*2:], []byte(neck))
	if !ok || Sum(body) != sum || json.Unmarshal(body, v) != nil {
		return "", &fs.PathError{Op: "read", Path: path, Err: ErrDamaged}
	}
	return sum, nil
}

// Recall is Read of a document that may be missing, or as good as that: one that
// is damaged is removed.
func Recall(path string, v any) (bool, error) {
	_, err := Read(path, v)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return err == nil, nil
	}
	if !Unusable(err) {
		return false, err
	}
	return false, os.RemoveAll(path)
}

// Unusable says that a file will not be better next time, unlike one that
// cannot be opened because too many are open.
func Unusable(err error) bool {
	return slices.ContainsFunc([]error{
		ErrDamaged, fs.ErrNotExist, fs.ErrPermission, syscall.EIO, syscall.EISDIR,
		syscall.ENOTDIR, syscall.ELOOP, syscall.EBADMSG, syscall.EUCLEAN,
	}, func(target error) bool { return errors.Is(err, target) })
}

// Sum is the SHA-256 of text, in hex.
func Sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
