package stepkey

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Files are the contents of files and folders as facts: "file PATH" is its
// digest and permissions, "folder PATH" the digest of all that is below it:
// names, types, permissions, contents, and where links point to. When they
// changed does not count. A path that is not there is an error.
func Files(h Hider, paths ...string) ([]Fact, error) {
	var all []Fact
	for i, p := range paths {
		if slices.Contains(paths[:i], p) {
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			return nil, fmt.Errorf("reading what a step depends on: %w", err)
		}
		f := Fact{Name: "file " + h.Hide(p)}
		switch {
		case info.IsDir():
			f.Name = "folder " + h.Hide(p)
			f.Value, err = folder(p)
		case info.Mode().IsRegular():
			f.Value, err = file(p)
			f.Value += fmt.Sprintf(" mode %04o", bits(info.Mode()))
		default:
			return nil, fmt.Errorf("reading what a step depends on: %s is no file and no folder", p)
		}
		if err != nil {
			return nil, fmt.Errorf("reading what a step depends on: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}

// bits are the permissions in the form of chmod.
func bits(m fs.FileMode) uint32 {
	n := uint32(m.Perm())
	for flag, bit := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&flag != 0 {
			n |= bit
		}
	}
	return n
}

func file(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
}

// folder follows a link that the user named; links inside are what is copied.
func folder(path string) (string, error) {
	root, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		content := ""
		switch m := info.Mode(); {
		case m&fs.ModeSymlink != 0:
			content, err = os.Readlink(p)
			write(sum, filepath.ToSlash(rel), "link", content)
			return err
		case m.IsRegular():
			if content, err = file(p); err != nil {
				return err
			}
		}
		write(sum, filepath.ToSlash(rel), info.Mode().Type().String(), fmt.Sprintf("%04o", bits(info.Mode())), content)
		return nil
	})
	return "sha256:" + hex.EncodeToString(sum.Sum(nil)), err
}
