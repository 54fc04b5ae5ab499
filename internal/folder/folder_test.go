package folder

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "a"), 0o700), os.WriteFile(filepath.Join(dir, "a", "b"), make([]byte, 10_000), 0o600)); err != nil {
		t.Fatal(err)
	}
	full := Usage(dir)
	if full < 10_000 || full > 100_000 {
		t.Errorf("%d bytes", full)
	}
	sparse := filepath.Join(dir, "sparse")
	if err := errors.Join(os.WriteFile(sparse, nil, 0o600), os.Truncate(sparse, 1<<30)); err != nil {
		t.Fatal(err)
	}
	if now := Usage(dir); now > full+1<<20 {
		t.Errorf("a hole of 1 GiB takes %d bytes", now-full)
	}
	if n := Usage(filepath.Join(dir, "none")); n != 0 {
		t.Errorf("no folder takes %d bytes", n)
	}
}

func TestFree(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "not", "yet")} {
		if n, err := Free(path); n <= 0 || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := Free(filepath.Join(file, "below")); err == nil {
		t.Errorf("below a file: %d bytes", n)
	}
}

func TestPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	for _, mode := range []os.FileMode{0, 0o755, 0o700, 0o500} {
		if mode != 0 {
			if err := os.Chmod(dir, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(Private(dir), Sync(dir)); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%v became %v, %v", mode, info.Mode(), err)
		}
	}
	if err := Sync(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
