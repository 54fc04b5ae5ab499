// Package scratch gives temporary directories that are removed whatever
// happens to us, kill -9 included.
package scratch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Dir is a private directory (mode 0700).
type Dir struct {
	Path    string
	janitor *exec.Cmd
	line    io.WriteCloser // the janitor waits for its end
}

// janitor waits on its standard input. A line "keep" ends it; an end without
// one means its parent died, and it removes the directory. The loop is there
// because programs that die with us may still be creating files; the last try
// is for files that belong to other ids of a user name space.
const janitor = `trap '' INT TERM HUP; read -r word; [ "$word" = keep ] || rm -rf -- "$1" || { sleep 1; rm -rf -- "$1" || unshare --map-root-user --map-auto rm -rf -- "$1"; }`

// New makes a directory below parent ("" is the system's temporary folder) and
// a small janitor process, outside our process group, that watches us.
func New(parent, pattern string) (*Dir, error) {
	path, err := os.MkdirTemp(parent, pattern)
	if err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	cmd := exec.Command("/bin/sh", "-c", janitor, "ovenbird-janitor", path) //nolint:noctx // it must outlive every context
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	line, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		_ = os.Remove(path) // the error below says enough
		return nil, fmt.Errorf("starting the janitor of %s: %w", path, err)
	}
	return &Dir{Path: path, janitor: cmd, line: line}, nil
}

// Join names a file in the directory.
func (d *Dir) Join(name ...string) string {
	return filepath.Join(append([]string{d.Path}, name...)...)
}

// Remove deletes the directory and all in it.
func (d *Dir) Remove() error {
	err := os.RemoveAll(d.Path)
	return d.dismiss(err)
}

// Release leaves the directory to the caller, wherever it is by now.
func (d *Dir) Release() error { return d.dismiss(nil) }

// Publish moves the directory to its final place, mode 0755, and leaves it to
// the caller. What stands there is replaced only if that is allowed, goes only
// when the new one is in place, and comes back if it cannot be.
func (d *Dir) Publish(final string, replace bool) error {
	if err := os.Chmod(d.Path, 0o755); err != nil {
		return err
	}
	old := d.Path + ".old"
	if replace {
		if err := os.Rename(final, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Rename(d.Path, final); err != nil {
		if back := os.Rename(old, final); back != nil && !errors.Is(back, fs.ErrNotExist) {
			return errors.Join(err, back)
		}
		return err
	}
	return errors.Join(d.Release(), os.RemoveAll(old))
}

func (d *Dir) dismiss(err error) error {
	if d.janitor == nil {
		return err
	}
	_, _ = io.WriteString(d.line, "keep\n") // a dead janitor removes nothing
	_ = d.line.Close()
	_ = d.janitor.Wait()
	d.janitor = nil
	return err
}
