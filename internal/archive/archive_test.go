package archive

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// content has parts that compress, parts that do not, and holes.
func content(size int) []byte {
	all := make([]byte, size)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(all[:size/3]) // it never fails
	copy(all[size/2:], bytes.Repeat([]byte("ovenbird bakes "), size/4/15))
	return all
}

// readers are the system's programs that undo each codec on standard input.
func readers() map[string][]string {
	return map[string][]string{
		"": {"cat"}, "gz": {"gzip", "-dc"}, "bgzf": {"gzip", "-dc"}, "zst": {"zstd", "-dc"},
		"xz": {"xz", "-dc"}, "bz2": {"bzip2", "-dc"}, "lz4": {"lz4", "-dc"},
	}
}

// blockOf is how much of a codec's stream one core takes.
func blockOf(codec string) int {
	switch codec {
	case "xz", "zst":
		return largeBlock
	case "bz2":
		return bzip2Block
	}
	return smallBlock
}

func TestSystemProgramsReadEachCodec(t *testing.T) {
	for codec, program := range readers() {
		for _, size := range []int{0, 1, bgzfBlock, bgzfBlock + 1, largeBlock + 4321} {
			for _, level := range []int{0, 1, MaxLevel} {
				if size > bgzfBlock && level != 1 {
					continue // one large case each is enough
				}
				want := content(size)
				var out bytes.Buffer
				z, err := NewWriter(&out, codec, level)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := z.Write(want); err != nil {
					t.Fatal(err)
				}
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
				cmd := exec.CommandContext(t.Context(), program[0], program[1:]...)
				cmd.Stdin = &out
				got, err := cmd.Output()
				if err != nil || sha256.Sum256(got) != sha256.Sum256(want) {
					t.Errorf("%s of %d bytes at %d: %d bytes back, error %v", codec, size, level, len(got), err)
				}
			}
		}
	}
}

func TestBgzfHasItsMarks(t *testing.T) {
	var out bytes.Buffer
	z, err := NewWriter(&out, "bgzf", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(content(3 * bgzfBlock)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for b := out.Bytes(); len(b) > 0; blocks++ { // each tells its length
		if string(b[12:14]) != "BC" {
			t.Fatalf("block %d has no mark: %x", blocks, b[:18])
		}
		b = b[int(b[16])+int(b[17])<<8+1:]
	}
	if blocks != 4 { // with the empty one at the end
		t.Errorf("%d blocks", blocks)
	}
}

func TestUnknownCodec(t *testing.T) {
	if _, err := NewWriter(nil, "rar", 0); err == nil {
		t.Error("rar is taken")
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestErrorsOfTheDiskAreTold(t *testing.T) {
	for codec := range readers() {
		z, err := NewWriter(full{}, codec, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, err = z.Write(content(blockOf(codec) + 1))
		if end := z.Close(); err == nil {
			err = end
		}
		if err == nil || !strings.Contains(err.Error(), "no room") {
			t.Errorf("%s: error is %v", codec, err)
		}
	}
}

func TestArchives(t *testing.T) {
	for format, list := range map[string][]string{
		"tar": {"tar", "-xf"}, "zip": {"unzip", "-q"}, "tar.gz": {"tar", "-xzf"}, "tar.zst": {"tar", "--zstd", "-xf"},
		"tar.xz": {"tar", "-xJf"}, "tar.bz2": {"tar", "-xjf"}, "tar.bgzf": {"tar", "-xzf"}, "tar.lz4": {"tar", "-I", "lz4", "-xf"},
	} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			want := content(3*smallBlock + 17)
			disk := filepath.Join(dir, "disk")
			if err := os.WriteFile(disk, want, 0o640); err != nil {
				t.Fatal(err)
			}
			f, ok := ParseFormat(format)
			if !ok {
				t.Fatal("unknown")
			}
			entries := []Entry{{Name: "a/disk", Path: disk}, {Name: "note", Data: []byte("hello")}, {Name: "nothing"}}
			if total, err := Size(entries); err != nil || total != int64(len(want))+5 {
				t.Errorf("size %d, error %v", total, err)
			}
			var seen bytes.Buffer
			name := filepath.Join(dir, "new", "x")
			if err := Write(t.Context(), name, f, 2, entries, &seen); err != nil {
				t.Fatal(err)
			}
			if seen.Len() != len(want)+5 {
				t.Errorf("%d bytes seen", seen.Len())
			}
			cmd := exec.CommandContext(t.Context(), list[0], append(list[1:], name)...)
			cmd.Dir = t.TempDir()
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v", out, err)
			}
			got, err := os.ReadFile(filepath.Join(cmd.Dir, "a/disk"))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes back, error %v", len(got), err)
			}
			if got, err := os.ReadFile(filepath.Join(cmd.Dir, "note")); err != nil || string(got) != "hello" {
				t.Errorf("%q, error %v", got, err)
			}
			if left, _ := os.ReadDir(filepath.Dir(name)); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// canceler cancels as soon as something is read.
type canceler struct{ cancel func() }

func (c canceler) Write(b []byte) (int, error) { c.cancel(); return len(b), nil }

func TestWriteLeavesNothingWhenItFails(t *testing.T) {
	for _, format := range append(Formats(), "gz") {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			disk := filepath.Join(dir, "disk")
			if err := os.WriteFile(disk, content(smallBlock+1), 0o640); err != nil {
				t.Fatal(err)
			}
			f, _ := ParseFormat(format)
			name := filepath.Join(dir, "out")
			if err := os.WriteFile(name, []byte("old"), 0o640); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			err := Write(ctx, name, f, 1, []Entry{{Name: "disk", Path: disk}}, canceler{cancel})
			if !errors.Is(err, context.Canceled) {
				t.Errorf("error is %v", err)
			}
			if old, _ := os.ReadFile(name); string(old) != "old" {
				t.Errorf("the old file holds %d bytes", len(old))
			}
			if left, _ := os.ReadDir(dir); len(left) != 2 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	for name, want := range map[string]string{
		"x.tar": "tar", "x.zip": "zip", "x.gz": "gz", "dir.d/x.tar.gz": "tar.gz", "x.TGZ": "tar.gz", "x.qcow2.zst": "zst",
		"x.tar.zst": "tar.zst", "x.tar.bz2": "tar.bz2", "x.tbz2": "tar.bz2", "x.bzip2": "bz2", "x.txz": "tar.xz", "v1.2.lz4": "lz4",
		"x.bgzf": "bgzf", "x": "", "v1.2": "", "x.tar.gz/y": "", "gz": "", "x.": "", ".": "",
	} {
		if f, ok := FormatOf(name); f.String() != want || ok != (want != "") {
			t.Errorf("%s is %q", name, f)
		}
	}
	for _, name := range Formats() {
		if f, ok := ParseFormat(name); !ok || f.String() != name {
			t.Errorf("%s is %q", name, f)
		}
	}
	if slices.Contains(Formats(), "") {
		t.Error("there is one without a name")
	}
}

func TestNobodyReadsMoreThanBefore(t *testing.T) {
	dir := t.TempDir()
	for i, modes := range [][]os.FileMode{{0o644, 0o644, 0o644}, {0o644, 0o600, 0o600}, {0o444, 0o640, 0o640}} {
		var entries []Entry
		for j, m := range modes[:2] {
			path := filepath.Join(dir, strconv.Itoa(i)+strconv.Itoa(j))
			if err := os.WriteFile(path, []byte("x"), m); err != nil {
				t.Fatal(err)
			}
			entries = append(entries, Entry{Name: strconv.Itoa(j), Path: path})
		}
		f, _ := ParseFormat("tar.gz")
		name := filepath.Join(dir, "made"+strconv.Itoa(i))
		if err := Write(t.Context(), name, f, 1, entries, io.Discard); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode() != modes[2] {
			t.Errorf("of files with %v: mode %v, error %v; want %v", modes[:2], info.Mode(), err, modes[2])
		}
	}
}
