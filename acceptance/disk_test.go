//go:build vm

package acceptance

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// unpack DISK DIR: takes an artifact apart without starting it: the raw disk is
// in DIR.raw, the files of its largest partition are in DIR.
func unpack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: unpack DISK DIR")
	}
	ctx, cancel := context.WithTimeout(context.Background(), bakeTimeout)
	defer cancel()
	ts.Check(unpackDisk(ctx, ts.MkAbs(args[0]), ts.MkAbs(args[1])))
}

func unpackDisk(ctx context.Context, disk, dir string) error {
	raw := dir + ".raw"
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if said, err := exec.CommandContext(ctx, "qemu-img", "convert", "-O", "raw", disk, raw).CombinedOutput(); err != nil {
		return fmt.Errorf("converting %s: %w: %s", disk, err, said)
	}
	offset, err := largestPartition(raw)
	if err != nil {
		return fmt.Errorf("reading the partitions of %s: %w", disk, err)
	}
	dump := exec.CommandContext(ctx, "debugfs", "-R", "rdump / "+dir, fmt.Sprintf("%s?offset=%d", raw, offset))
	dump.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
	if said, err := dump.CombinedOutput(); err != nil {
		return fmt.Errorf("reading the files of %s: %w: %s", disk, err, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "etc")); err != nil {
		return fmt.Errorf("reading the files of %s: %w", disk, err)
	}
	return nil
}

// largestPartition is where it begins, in bytes, after the GPT of a raw disk.
func largestPartition(raw string) (int64, error) {
	const sector, table, entry, entries = 512, 1024, 128, 128
	f, err := os.Open(raw)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	text := make([]byte, entry*entries)
	if _, err := f.ReadAt(text, table); err != nil {
		return 0, err
	}
	var begin, length uint64
	for e := range slices.Chunk(text, entry) {
		first, last := binary.LittleEndian.Uint64(e[32:]), binary.LittleEndian.Uint64(e[40:])
		if last-first > length {
			begin, length = first, last-first
		}
	}
	if length == 0 {
		return 0, errors.New("there are none")
	}
	return int64(begin) * sector, nil
}

// holds FILE TEXTS: fails unless one of the lines of TEXTS is somewhere in FILE.
func holds(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] holds FILE TEXTS")
	}
	var texts [][]byte
	for line := range bytes.Lines([]byte(ts.ReadFile(args[1]))) {
		texts = append(texts, bytes.TrimSpace(line))
	}
	found, err := search(ts.MkAbs(args[0]), texts)
	ts.Check(err)
	if (len(found) > 0) == neg || len(texts) == 0 {
		ts.Fatalf("%s holds %d of %d texts: %q", args[0], len(found), len(texts), found)
	}
}

// search finds which of the texts a file holds; it skips its holes.
func search(path string, texts [][]byte) (found []string, err error) {
	const seekData, overlap = 3, 4096
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, 4<<20)
	for at := int64(0); ; {
		if at, err = f.Seek(at, seekData); errors.Is(err, syscall.ENXIO) {
			return found, nil // the rest is a hole
		}
		if err != nil {
			return found, err
		}
		n, err := f.ReadAt(buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return found, err
		}
		for _, text := range texts {
			if bytes.Contains(buf[:n], text) && !slices.Contains(found, string(text)) {
				found = append(found, string(text))
			}
		}
		if n < len(buf) {
			return found, nil
		}
		at += int64(n - overlap)
	}
}

// same DIR DIR IGNORED...: fails unless the two hold the same files, but for
// those whose paths match one of the patterns; times are not looked at.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: same DIR DIR IGNORED...")
	}
	left, err := tree(ts.MkAbs(args[0]))
	ts.Check(err)
	right, err := tree(ts.MkAbs(args[1]))
	ts.Check(err)
	ignored := func(name string) bool {
		return slices.ContainsFunc(args[2:], func(pattern string) bool {
			ok, err := filepath.Match(pattern, name)
			ts.Check(err)
			return ok
		})
	}
	var differ []error
	for name, l := range left {
		if r, ok := right[name]; ignored(name) {
			continue
		} else if !ok {
			differ = append(differ, fmt.Errorf("only in %s: %s", args[0], name))
		} else if what := l.differs(r); what != "" {
			differ = append(differ, fmt.Errorf("%s: %s", name, what))
		}
	}
	for name := range right {
		if _, ok := left[name]; !ok && !ignored(name) {
			differ = append(differ, fmt.Errorf("only in %s: %s", args[1], name))
		}
	}
	if len(left) < 1000 {
		differ = append(differ, fmt.Errorf("%s has only %d files", args[0], len(left)))
	}
	ts.Check(errors.Join(differ...))
}

// node is a file of an image, as it is on this machine.
type node struct {
	path string
	info fs.FileInfo
}

// tree lists all below a folder by their relative paths.
func tree(root string) (map[string]node, error) {
	found := map[string]node{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if name != "." {
			found[name] = node{path, info}
		}
		return err
	})
	return found, err
}

// differs says what is not the same, "" for nothing.
func (n node) differs(o node) string {
	owner := func(i fs.FileInfo) [2]uint32 { s := i.Sys().(*syscall.Stat_t); return [2]uint32{s.Uid, s.Gid} }
	switch {
	case n.info.Mode() != o.info.Mode():
		return fmt.Sprintf("mode %s and %s", n.info.Mode(), o.info.Mode())
	case owner(n.info) != owner(o.info):
		return fmt.Sprintf("owner %v and %v", owner(n.info), owner(o.info))
	case n.info.Mode().Type() == fs.ModeSymlink:
		l, lErr := os.Readlink(n.path)
		r, rErr := os.Readlink(o.path)
		if l != r || lErr != nil || rErr != nil {
			return fmt.Sprintf("a link to %s and %s", l, r)
		}
	case n.info.Mode().IsRegular():
		l, lErr := os.ReadFile(n.path)
		r, rErr := os.ReadFile(o.path)
		if err := errors.Join(lErr, rErr); err != nil {
			return err.Error()
		}
		if !bytes.Equal(l, r) {
			return fmt.Sprintf("%d and %d bytes, not the same", len(l), len(r))
		}
	}
	return ""
}
