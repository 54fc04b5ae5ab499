package checkpoint

import (
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk fills a small disk: checkpoints and records are whole or not
// there, and the store can be used again when there is room.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("mounting a small disk: %v", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	}()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "boot", "")
	before := names(t, dir)
	for room := 0; room < 40<<10; room += 4 << 10 { // for a part of what a checkpoint needs
		fill(t, s.path("filler"), room)
		d, err := s.Draft()
		if err == nil {
			err = os.WriteFile(d.Path("ram"), []byte(strings.Repeat("x", 12<<10)), 0o600)
			if err == nil {
				var release func()
				if _, release, err = d.Publish(t.Context(), Meta{Key: key("a"), Title: "a"}); err == nil {
					release()
				}
			}
			err = errors.Join(err, d.Abandon()) // when it is published there is nothing to it
		}
		if err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("with %d bytes: %v", room, err)
		}
		recordErr := s.PutRecord("artifacts", "a", strings.Repeat("x", 8<<10))
		if err := os.Remove(s.path("filler")); err != nil {
			t.Fatal(err)
		}
		var got string
		if ok, err := s.Record("artifacts", "a", &got); err != nil || ok && len(got) != 8<<10 || !ok && recordErr == nil {
			t.Errorf("with %d bytes the record is there: %t, %v", room, ok, err)
		}
		there, findErr := s.Find(key("a"))
		if findErr != nil || (there != nil) != (err == nil) {
			t.Errorf("with %d bytes: %v, %v after %v", room, there, findErr, err)
		}
		if there == nil {
			if after := names(t, dir); !slices.Equal(after, before) {
				t.Errorf("with %d bytes: left %v", room, after)
			}
			continue
		}
		if err := errors.Join(there.Verify(t.Context()), s.Drop(there, "test")); err != nil {
			t.Error(err)
		}
	}
	put(t, s, "a", "boot")
	if _, err := s.Chain(key("a")); err != nil {
		t.Error(err)
	}
}

// fill leaves about room bytes of the disk free.
func fill(t *testing.T, path string, room int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	size := int64(0)
	for err == nil {
		var n int
		n, err = f.Write(make([]byte, 4<<10))
		size += int64(n)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(max(0, size-int64(room))), f.Close()); err != nil {
		t.Fatal(err)
	}
}
