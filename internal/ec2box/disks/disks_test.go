package disks

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// blockOf is a block full of one letter.
func blockOf(letter byte) []byte { return bytes.Repeat([]byte{letter}, BlockSize) }

// make1 makes a complete snapshot of 1 GiB with blocks full of letters.
func make1(t *testing.T, s *Store, id, parent string, blocks map[int]byte) *Snapshot {
	t.Helper()
	sn, err := s.Create(t.Context(), id, parent, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, letter := range blocks {
		data := blockOf(letter)
		if err := sn.WriteBlock(i, data, sha256.Sum256(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := sn.Complete(); err != nil {
		t.Fatal(err)
	}
	return sn
}

// letters tells the first byte of each block that is there.
func letters(t *testing.T, r io.ReaderAt, blocks []int) string {
	t.Helper()
	text := ""
	for _, i := range blocks {
		data := make([]byte, BlockSize)
		if _, err := r.ReadAt(data, int64(i)*BlockSize); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, blockOf(data[0])) {
			t.Errorf("block %d is mixed", i)
		}
		text += fmt.Sprintf("%d%c ", i, max(data[0], '0'))
	}
	return text
}

func TestSnapshots(t *testing.T) {
	s := newStore(t)
	first := make1(t, s, "snap-1", "", map[int]byte{0: 'a', 5: 'b', 2047: 'c'})
	second := make1(t, s, "snap-2", "snap-1", map[int]byte{5: 'B', 7: 'd', 2047: 0})
	lone := make1(t, s, "snap-3", "", map[int]byte{0: 'a'})
	for _, c := range []struct {
		sn   *Snapshot
		want string
	}{{first, "0a 5b 2047c "}, {second, "0a 5B 7d 20470 "}, {lone, "0a "}} {
		if got := letters(t, c.sn, c.sn.Blocks()); got != c.want {
			t.Errorf("%s: %s, want %s", c.sn.facts.ID, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b    *Snapshot
		want    []int
		related bool
	}{{first, second, []int{5, 7, 2047}, true}, {second, first, []int{5, 7, 2047}, true}, {first, lone, []int{0, 5, 2047}, false}, {first, first, nil, true}} {
		if got, related := Changed(c.a, c.b); !slices.Equal(got, c.want) || related != c.related {
			t.Errorf("%s to %s: %v, %t", c.a.facts.ID, c.b.facts.ID, got, related)
		}
	}
	blocks, sums, err := second.Written()
	if err != nil || !slices.Equal(blocks, []int{5, 7, 2047}) || sums[1] != sha256.Sum256(blockOf('d')) {
		t.Errorf("written: %v, %v", blocks, err)
	}
	if err := second.WriteBlock(1, blockOf('x'), Sum{}); !errors.Is(err, ErrComplete) {
		t.Errorf("a complete snapshot takes a block: %v", err)
	}
	if _, err := s.Copy("snap-4", "snap-2"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"snap-1", "snap-2"} {
		if err := s.Delete(id); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Snapshot(id); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s is still there: %v", id, err)
		}
	}
	s.Close() // as after a restart
	again, err := s.Snapshot("snap-4")
	if err != nil {
		t.Fatal(err)
	}
	if got := letters(t, again, again.Blocks()); got != "0a 5B 7d 20470 " {
		t.Errorf("a copy of a deleted child of a deleted parent: %s", got)
	}
}

func TestPending(t *testing.T) {
	s := newStore(t)
	sn, err := s.Create(t.Context(), "snap-1", "", 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := sn.WriteBlock(3, blockOf('a'), Sum{1}); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"too high":  sn.WriteBlock(2048, blockOf('a'), Sum{}),
		"too short": sn.WriteBlock(0, []byte("a"), Sum{}),
		"again":     second(s.Create(t.Context(), "snap-1", "", 1)),
		"child":     second(s.Create(t.Context(), "snap-2", "snap-1", 1)),
		"no parent": second(s.Create(t.Context(), "snap-2", "snap-9", 1)),
		"volume":    s.CreateVolume(t.Context(), "vol-1", "snap-1", 1),
		"no volume": second(s.FromVolume(t.Context(), "snap-2", "vol-9")),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s.Close() // what was begun goes on after a restart
	if sn, err = s.Snapshot("snap-1"); err != nil {
		t.Fatal(err)
	}
	if err := sn.WriteBlock(1, blockOf('b'), Sum{2}); err != nil {
		t.Fatal(err)
	}
	if blocks, sums, err := sn.Written(); err != nil || !slices.Equal(blocks, []int{1, 3}) || sums[1] != (Sum{1}) {
		t.Errorf("written: %v %v %v", blocks, sums, err)
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, "*", ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestManyLayers(t *testing.T) {
	s := newStore(t)
	parent := ""
	for i := range deepest + 5 {
		id := fmt.Sprintf("snap-%d", i)
		make1(t, s, id, parent, map[int]byte{i: 'a', 100: byte('b' + i%20)})
		parent = id
	}
	last, err := s.Snapshot(parent)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(last.layers); n > deepest {
		t.Errorf("%d layers", n)
	}
	if n := len(last.Blocks()); n != deepest+6 {
		t.Errorf("%d blocks", n)
	}
	first, err := s.Snapshot("snap-0")
	if err != nil {
		t.Fatal(err)
	}
	if _, related := Changed(first, last); !related {
		t.Error("they are not related any more")
	}
}

func TestImages(t *testing.T) {
	s := newStore(t)
	path := filepath.Join(t.TempDir(), "image")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	const size = 3*BlockSize + 1000
	want := make([]byte, size)
	for _, at := range []int{BlockSize + 17, size - 1} {
		want[at] = 'x'
		if _, err := f.WriteAt([]byte("x"), int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	images := []string{path}
	if _, err := exec.LookPath("qemu-img"); err == nil {
		for _, o := range []string{"compression_type=zlib", "compression_type=zstd"} {
			to := path + o
			if text, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-c", "-O", "qcow2", "-o", o, path, to).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			images = append(images, to)
		}
		over := path + "-over"
		if text, err := exec.CommandContext(t.Context(), "qemu-img", "create", "-f", "qcow2", "-F", "raw", "-b", path, over).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		images = append(images, over)
	}
	for i, name := range images {
		sn, err := s.FromFile(t.Context(), fmt.Sprint("snap-", i), name)
		if err != nil {
			t.Fatal(err)
		}
		if got := sn.Blocks(); !slices.Equal(got, []int{1, 3}) || sn.SizeGiB() != 1 {
			t.Errorf("%s: blocks %v of %d GiB", name, got, sn.SizeGiB())
		}
		comesBack(t, sn, want)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.FromFile(cancelled, "snap-x", path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// comesBack writes a snapshot of 1 GiB to a file, and compares its beginning.
func comesBack(t *testing.T, sn *Snapshot, want []byte) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	if err := sn.ToFile(t.Context(), out); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(f, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s does not come back as it was: %v", sn.facts.ID, err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != GiB {
		t.Errorf("%s comes back with %d bytes, %v", sn.facts.ID, info.Size(), err)
	}
}
