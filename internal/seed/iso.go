// Package seed writes CD images in process: NoCloud seeds for cloud-init and
// the cd_files of a template. No mkisofs or xorriso is needed.
package seed

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
)

// MaxLabel is the longest volume label in bytes; Windows shows only the first
// 16 characters of it.
const MaxLabel = 32

// File is one file of an image. Path, when set, is where its bytes are read
// from; otherwise they are Content.
type File struct {
	Name    string // path inside the image, with forward slashes
	Content []byte
	Path    string // a file of the host; links are followed
}

// Write makes an ISO 9660 image with Rock Ridge names (Linux) and Joliet names
// (Windows) at path, mode 0600 because seeds carry keys, replacing what is
// there. Of two files with one name the later wins. A name of more than 103
// characters leaves the image without Joliet: Windows then sees short names. It stages the files beside
// path and removes them; on an error nothing is left.
func Write(image, label string, files []File) (err error) {
	if len(label) > MaxLabel {
		return fmt.Errorf("label %q is %d bytes long, a CD takes at most %d", label, len(label), MaxLabel)
	}
	stage, err := os.MkdirTemp(filepath.Dir(image), ".cd-")
	if err != nil {
		return fmt.Errorf("staging CD: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	tree := filepath.Join(stage, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		return fmt.Errorf("staging CD: %w", err)
	}
	joliet := true
	for _, f := range files {
		if err := place(tree, f); err != nil {
			return err
		}
		joliet = joliet && fitsJoliet(f.Name)
	}
	made := filepath.Join(stage, "image")
	if err := burn(made, label, tree, joliet); err != nil {
		return fmt.Errorf("writing CD %s: %w", image, err)
	}
	if err := os.Rename(made, image); err != nil {
		return fmt.Errorf("writing CD: %w", err)
	}
	return nil
}

func burn(image, label, tree string, joliet bool) (err error) {
	f, err := os.OpenFile(image, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	cd, err := iso9660.Create(file.New(f, false), 0, 0, 0, tree)
	if err != nil {
		return err
	}
	// Deep folders stay where they are: moved ones would show up twice.
	err = cd.Finalize(iso9660.FinalizeOptions{
		RockRidge: true, Joliet: joliet, DeepDirectories: true, VolumeIdentifier: label,
	})
	if err != nil {
		return err
	}
	if err := pad(f); err != nil || !joliet {
		return err
	}
	return relink(f)
}

// fitsJoliet tells whether each part of a name fits a Joliet directory record.
func fitsJoliet(name string) bool {
	const most = 103 // UTF-16 units
	for _, part := range strings.Split(name, "/") {
		if len(utf16.Encode([]rune(part))) > most {
			return false
		}
	}
	return true
}

// pad rounds the image up to whole 2 KiB sectors: a guest reads no half ones.
func pad(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return f.Truncate((info.Size() + sector - 1) / sector * sector)
}

// place puts one file into the staging tree, by hard link where it can.
func place(tree string, f File) error {
	name := path.Clean(f.Name)
	if !filepath.IsLocal(name) || name == "." {
		return fmt.Errorf("%q is not a file name inside a CD", f.Name)
	}
	target := filepath.Join(tree, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return fmt.Errorf("staging %s: %w", f.Name, err)
	}
	if err := os.Remove(target); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replacing %s: %w", f.Name, err)
	}
	if f.Path == "" {
		if err := os.WriteFile(target, f.Content, 0o644); err != nil {
			return fmt.Errorf("staging %s: %w", f.Name, err)
		}
		return nil
	}
	real, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return fmt.Errorf("staging %s: %w", f.Name, err)
	}
	if os.Link(real, target) == nil {
		return nil
	}
	if err := copyFile(target, real); err != nil { // another file system
		return fmt.Errorf("staging %s: %w", f.Name, err)
	}
	return nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}

// NoCloud lists the files of a cloud-init NoCloud seed, to be written with the
// label "cidata". Without a network part the guest's default applies.
func NoCloud(user, meta, network string) []File {
	files := []File{
		{Name: "user-data", Content: []byte(user)},
		{Name: "meta-data", Content: []byte(meta)},
	}
	if strings.TrimSpace(network) != "" {
		files = append(files, File{Name: "network-config", Content: []byte(network)})
	}
	return files
}
