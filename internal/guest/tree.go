package guest

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// TreeOptions say how a tree lands in the guest.
type TreeOptions struct {
	Become Become      // who unpacks it
	Owner  string      // user name or number of all that is unpacked; needs root
	Group  string      // group name or number; needs root
	Mode   fs.FileMode // permission bits of the files, 0 keeps the local ones
	// Progress counts the bytes sent, if not nil.
	Progress io.Writer
}

// Source is a local file or directory that travels in a tree.
type Source struct {
	Local string
	Name  string // below the destination; "" or "." puts a directory's content there
}

const untarScript = `d=$1 owner=$2 group=$3
if [ -n "$owner$group" ]; then
	if [ "$(id -u)" != 0 ]; then echo "only root may set owner and group; add become = true" >&2; exit 1; fi
	if [ -n "$owner" ]; then id -u "$owner" >/dev/null || exit 1; fi
	if [ -n "$group" ]; then case $group in *[!0-9]*) grep -q "^$group:" /etc/group || getent group "$group" >/dev/null ||
		{ echo "no such group: $group" >&2; exit 1; } ;; esac; fi
	keep=
else keep=-o; fi
mkdir -p -- "$d" && exec tar -xp $keep -f - -C "$d"`

// UploadTrees copies files and directories in one stream over one channel, into
// a directory that is made if missing. Modes and symbolic links are kept, owners
// are not.
func UploadTrees(ctx context.Context, g Guest, sources []Source, remote string, o TreeOptions) error {
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		buffered := bufio.NewWriterSize(w, 1<<18)
		err := writeTar(buffered, sources, o)
		if err == nil {
			err = buffered.Flush()
		}
		_ = w.CloseWithError(err)
		done <- err
	}()
	var in io.Reader = r
	if o.Progress != nil {
		in = io.TeeReader(r, o.Progress)
	}
	line := Script(untarScript, remote, o.Owner, o.Group)
	err := RunQuietly(ctx, g, o.Become.Command(Command{Line: line, Stdin: in}))
	_ = r.CloseWithError(io.ErrClosedPipe)
	if packErr := <-done; packErr != nil && !errors.Is(packErr, io.ErrClosedPipe) {
		return fmt.Errorf("packing for %s: %w", remote, packErr)
	}
	if err != nil {
		return fmt.Errorf("uploading to %s: %w", remote, err)
	}
	return nil
}

func writeTar(w io.Writer, sources []Source, o TreeOptions) error {
	tw := tar.NewWriter(w)
	for _, s := range sources {
		if err := addSource(tw, s, o); err != nil {
			return err
		}
	}
	return tw.Close()
}

func addSource(tw *tar.Writer, s Source, o TreeOptions) error {
	root, err := filepath.EvalSymlinks(s.Local) // a link named by the user is followed, links inside are kept
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name := path.Join(s.Name, filepath.ToSlash(rel))
		if name == "." || name == "" {
			return nil // the destination keeps its own mode
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		return addFile(tw, p, name, info, o)
	})
}

func addFile(tw *tar.Writer, p, name string, info fs.FileInfo, o TreeOptions) error {
	var link string
	if info.Mode()&fs.ModeSymlink != 0 {
		var err error
		if link, err = os.Readlink(p); err != nil {
			return err
		}
	}
	if info.Mode()&fs.ModeSocket != 0 {
		return nil // tar has no sockets
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return fmt.Errorf("packing %s: %w", p, err)
	}
	h.Name = name
	if info.IsDir() {
		h.Name += "/"
	}
	h.AccessTime, h.ChangeTime = time.Time{}, time.Time{}
	h.Uid, h.Uname = ownerOf(o.Owner)
	h.Gid, h.Gname = ownerOf(o.Group)
	if o.Mode != 0 && info.Mode().IsRegular() {
		h.Mode = int64(o.Mode.Perm() | specialBits(o.Mode))
	}
	if err := tw.WriteHeader(h); err != nil {
		return fmt.Errorf("packing %s: %w", p, err)
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	_, err = io.Copy(tw, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("packing %s: %w", p, err)
	}
	return nil
}

// ownerOf splits a user or group into the number and the name of a tar header.
func ownerOf(s string) (int, string) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, ""
	}
	return 0, s
}

// DownloadTree copies what remote names into the local directory, which is
// made if missing: the content of a directory, or what a pattern with *, ? or
// [ matches. What the guest sends cannot land outside of it.
func DownloadTree(ctx context.Context, g Guest, remote, local string, b Become) error {
	dir, what := remote, "."
	if strings.ContainsAny(remote, "*?[") {
		cut := strings.LastIndexByte(remote[:strings.IndexAny(remote, "*?[")], '/') + 1
		dir, what = remote[:cut], "./"+escapePattern(remote[cut:])
	}
	if dir == "" {
		dir = "."
	}
	if err := os.MkdirAll(local, 0o755); err != nil {
		return fmt.Errorf("downloading %s: %w", remote, err)
	}
	root, err := os.OpenRoot(local)
	if err != nil {
		return fmt.Errorf("downloading %s: %w", remote, err)
	}
	defer func() { _ = root.Close() }()
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := readTar(root, r)
		_ = r.CloseWithError(err)
		done <- err
	}()
	line := Script(`cd -- "$1" && exec tar -cf - `+what, dir)
	err = RunQuietly(ctx, g, b.Command(Command{Line: line, Stdout: w}))
	_ = w.CloseWithError(io.ErrUnexpectedEOF)
	if unpackErr := <-done; err == nil {
		err = unpackErr
	}
	if err != nil {
		return fmt.Errorf("downloading %s to %s: %w", remote, local, err)
	}
	return nil
}

// escapePattern leaves only *, ?, [ and ] special to the shell.
func escapePattern(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("*?[]", r) {
			b.WriteRune(r)
		} else {
			b.WriteString(Quote(string(r)))
		}
	}
	return b.String()
}

func readTar(root *os.Root, r io.Reader) error {
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, r) // padding, or the sender would block
			if errors.Is(err, io.ErrUnexpectedEOF) {
				err = nil
			}
			return err
		}
		if err != nil {
			return err
		}
		if err := unpack(root, h, tr); err != nil {
			return fmt.Errorf("unpacking %s: %w", h.Name, err)
		}
	}
}

func unpack(root *os.Root, h *tar.Header, r io.Reader) error {
	name := filepath.Clean(filepath.FromSlash(h.Name))
	mode := h.FileInfo().Mode().Perm()
	if name != "." {
		if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, mode|0o700)
	case tar.TypeSymlink:
		_ = root.Remove(name)
		return root.Symlink(h.Linkname, name)
	case tar.TypeLink:
		_ = root.Remove(name)
		return root.Link(filepath.Clean(h.Linkname), name)
	case tar.TypeReg:
		f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(f, r)
		return errors.Join(err, f.Close())
	}
	return nil // devices and pipes stay behind
}
