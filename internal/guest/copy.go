package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/lines"
)

// FileOptions say how a file lands in the guest.
type FileOptions struct {
	Mode   fs.FileMode // permission bits
	Owner  string      // user name or number, "" for who writes it
	Group  string      // group name or number, "" for the writer's
	Size   int64       // bytes to come; 0 asks the reader, negative is unknown
	Become Become      // who writes it
	// Progress counts the bytes sent, if not nil.
	Progress io.Writer
}

// A file is written beside its destination and moved over it, so that nobody
// sees half of it and running programs can be replaced. What is no plain file,
// or has a directory we may not write, is written in place.
const uploadScript = `f=$1 mode=$2 size=$3 own=$4
if [ -d "$f" ]; then echo "$f is a directory" >&2; exit 1; fi
t=$f.oven-$$
if [ -L "$f" ] || { [ -e "$f" ] && [ ! -f "$f" ]; } || ! { umask 077; : >"$t"; } 2>/dev/null; then t=$f; fi
trap '[ "$t" = "$f" ] || rm -f "$t"' EXIT
cat >"$t" || exit 1
if [ -f "$t" ] && [ "$size" -ge 0 ] && [ "$(wc -c <"$t")" -ne "$size" ]; then echo "only a part of $f arrived" >&2; exit 1; fi
if [ -n "$own" ]; then chown "$own" "$t" || exit 1
elif [ "$t" != "$f" ] && [ -f "$f" ]; then chown --reference="$f" "$t" 2>/dev/null || :; fi
if [ -f "$t" ]; then chmod "$mode" "$t" || exit 1; fi
[ "$t" = "$f" ] || mv -f "$t" "$f"`

// SFTP is a guest whose own Upload was asked for by the user: files that need
// no other user or owner then go that way.
type SFTP interface{ UsesSFTP() bool }

// UploadFile writes r to the named file, as another user if asked.
func UploadFile(ctx context.Context, g Guest, name string, r io.Reader, o FileOptions) error {
	if s, ok := g.(SFTP); ok && s.UsesSFTP() && o.Become.User == "" && owner(o) == "" {
		if o.Progress != nil {
			r = io.TeeReader(r, o.Progress)
		}
		return g.Upload(ctx, name, o.Mode, r)
	}
	size := o.Size
	if size == 0 {
		size = sizeOf(r)
	}
	if o.Progress != nil {
		r = io.TeeReader(r, o.Progress)
	}
	line := Script(uploadScript, name, octal(o.Mode), fmt.Sprint(size), owner(o))
	if err := RunQuietly(ctx, g, o.Become.Command(Command{Line: line, Stdin: r})); err != nil {
		return fmt.Errorf("uploading to %s: %w", name, err)
	}
	return nil
}

// octal is a mode as chmod takes it.
func octal(m fs.FileMode) string { return fmt.Sprintf("%04o", m.Perm()|specialBits(m)) }

// specialBits are setuid, setgid and sticky as chmod counts them.
func specialBits(m fs.FileMode) fs.FileMode {
	var bits fs.FileMode
	for flag, bit := range map[fs.FileMode]fs.FileMode{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

// sizeOf is how much r has left, -1 where only reading would tell.
func sizeOf(r io.Reader) int64 {
	switch r := r.(type) {
	case interface{ Len() int }:
		return int64(r.Len())
	case *os.File:
		info, err := r.Stat()
		if err != nil || !info.Mode().IsRegular() {
			return -1
		}
		at, err := r.Seek(0, io.SeekCurrent)
		if err != nil {
			return -1
		}
		return info.Size() - at
	}
	return -1
}

// DownloadFile copies the named file to w, read as another user if asked.
func DownloadFile(ctx context.Context, g Guest, name string, w io.Writer, b Become) error {
	line := Script(`if [ -d "$1" ]; then echo "$1 is a directory" >&2; exit 1; fi; cat <"$1"`, name)
	if err := RunQuietly(ctx, g, b.Command(Command{Line: line, Stdout: w})); err != nil {
		return fmt.Errorf("downloading %s: %w", name, err)
	}
	return nil
}

// saidSize is how much of a command's standard error goes into its error, in bytes.
const saidSize = 1024

// RunQuietly runs a command of ours; what it says on standard error becomes
// part of the error.
func RunQuietly(ctx context.Context, g Guest, c Command) error {
	said := &lines.Tail{Size: saidSize}
	c.Stderr = said
	if c.Stdout == nil {
		c.Stdout = io.Discard
	}
	err := g.Run(ctx, c)
	var exit *ExitError
	if errors.As(err, &exit) {
		said := strings.FieldsFunc(said.String(), func(r rune) bool { return r == '\n' || r == '\r' })
		if text := strings.Join(said, "; "); text != "" {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return err
}
