// Package file makes an artifact of one file, without any machine: for trying
// out post-processors.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/draft"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Builder writes one file.
type Builder struct {
	// Path of the file to make; its folder is made too.
	Target string `hcl:"target"`
	// Text of the file, which gets mode 0600. With neither content nor source
	// the file is empty.
	Content string `hcl:"content,optional"`
	// A file to copy, with its mode.
	Source string `hcl:"source,optional"`
}

// New makes a builder with its defaults.
func New(builders.Env) builders.Builder { return &Builder{} }

// Validate checks the options.
func (b *Builder) Validate() error {
	var errs []error
	if b.Target == "" {
		errs = append(errs, option.Bad("target", "It is empty; name the file to make."))
	}
	if b.Content != "" && b.Source != "" {
		errs = append(errs, option.Bad("source", "Either content or source; leave one out."))
	}
	return errors.Join(errs...)
}

// Warnings tells of a file that will be empty.
func (b *Builder) Warnings() []string {
	if b.Content == "" && b.Source == "" {
		return []string{"Neither content nor source is set, so the file will be empty."}
	}
	return nil
}

// Guestless says that nothing is booted.
func (*Builder) Guestless() bool { return true }

// Check finds out that a folder is in the way. A file there is replaced, as
// Packer does.
func (b *Builder) Check() error {
	if info, err := os.Stat(b.Target); err == nil && info.IsDir() {
		return fmt.Errorf("target %s is a folder; name a file in it", b.Target)
	}
	return nil
}

// Boot has nothing to start.
func (b *Builder) Boot(context.Context, *ui.UI) (builders.Machine, error) {
	return machine{b}, b.Check()
}

// machine stands for the file that will be made.
type machine struct{ b *Builder }

// Guest is nil: nobody takes commands.
func (machine) Guest(context.Context) (guest.Guest, error) { return nil, nil } //nolint:nilnil // no guest

// Close has nothing to release.
func (machine) Close(context.Context) error { return nil }

// Seal writes the file; it is there as a whole or not at all.
func (m machine) Seal(context.Context) (*artifact.Artifact, error) {
	b := m.b
	from, mode, err := b.open()
	if err != nil {
		return nil, err
	}
	defer from.Close()
	if err := os.MkdirAll(filepath.Dir(b.Target), 0o755); err != nil {
		return nil, fmt.Errorf("making the target's folder: %w", err)
	}
	err = draft.Write(b.Target, mode, func(f *os.File) error {
		_, err := io.Copy(f, from)
		return errors.Join(err, f.Chmod(mode)) // whatever the umask, or a file that was there
	})
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", b.Target, err)
	}
	return &artifact.Artifact{
		Builder: "packer.file", ID: "File", Title: "Stored file: " + b.Target,
		Files:   []string{b.Target},
		Destroy: func(kept []string) error { return artifact.Remove([]string{b.Target}, kept) },
	}, nil
}

// open gives the file's bytes and its mode.
func (b *Builder) open() (io.ReadCloser, fs.FileMode, error) {
	if b.Source == "" {
		return io.NopCloser(strings.NewReader(b.Content)), 0o600, nil
	}
	f, err := os.Open(b.Source)
	if err != nil {
		return nil, 0, fmt.Errorf("reading the source: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", b.Source)
	}
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("reading the source: %w", err), f.Close())
	}
	return f, info.Mode().Perm(), nil
}
