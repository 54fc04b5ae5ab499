package stepkey

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	reset := func() {
		must(os.RemoveAll("d"))
		must(os.MkdirAll("d/sub", 0o755))
		must(os.WriteFile("d/a", []byte("a"), 0o644))
		must(os.WriteFile("d/sub/b", []byte("b"), 0o644))
		must(os.Symlink("a", "d/l"))
		must(os.RemoveAll("f"))
		must(os.WriteFile("f", []byte("text"), 0o644))
		must(os.RemoveAll("link"))
		must(os.Symlink("d", "link"))
	}
	facts := func() []Fact {
		t.Helper()
		all, err := Files(Hider{}, "f", "d", "f", "link")
		must(err)
		return all
	}
	reset()
	first := facts()
	if len(first) != 3 || first[0].Name != "file f" || first[1].Name != "folder d" || first[2].Name != "folder link" {
		t.Fatalf("got %v", first)
	}
	const digest = "sha256:982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1 mode 0644"
	if first[0].Value != digest || first[1].Value != first[2].Value {
		t.Errorf("got %v", first)
	}
	for _, c := range []struct {
		name   string
		change func() error
		want   string
	}{
		{"nothing", func() error { return nil }, ""},
		{"times", func() error {
			old := time.Unix(1, 0)
			return errors.Join(os.Chtimes("f", old, old), os.Chtimes("d/a", old, old))
		}, ""},
		{"a file", func() error { return os.WriteFile("f", []byte("Text"), 0o644) }, "file f changed"},
		{"its mode", func() error { return os.Chmod("f", 0o755) }, "file f: its permissions were 0644 and are 0755"},
		{"in a folder", func() error { return os.WriteFile("d/sub/b", []byte("c"), 0o644) }, "folder d changed, folder link changed"},
		{"a mode in a folder", func() error { return os.Chmod("d/a", 0o600) }, "folder d changed, folder link changed"},
		{"a name in a folder", func() error { return os.Rename("d/a", "d/z") }, "folder d changed, folder link changed"},
		{"an empty folder in it", func() error { return os.Mkdir("d/e", 0o755) }, "folder d changed, folder link changed"},
		{"where a link points", func() error { return errors.Join(os.Remove("d/l"), os.Symlink("sub/b", "d/l")) }, "folder d changed, folder link changed"},
		{"a link becomes a file", func() error { return errors.Join(os.Remove("d/l"), os.WriteFile("d/l", []byte("a"), 0o644)) }, "folder d changed, folder link changed"},
		{"a file becomes a folder", func() error { return errors.Join(os.Remove("f"), os.Mkdir("f", 0o755)) }, "folder f is used now, file f is no longer used"},
	} {
		reset()
		must(c.change())
		now := facts()
		if got := strings.Join(Explain(first, now), ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if (Of("", first) == Of("", now)) != (c.want == "") {
			t.Errorf("%s: the key", c.name)
		}
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	if _, err := Files(Hider{}, dir, missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("got %v", err)
	}
	if _, err := Files(Hider{}, os.DevNull); err == nil || !strings.Contains(err.Error(), "no file and no folder") {
		t.Errorf("got %v", err)
	}
	h := NewHider([]string{"missing"}, nil)
	if err := os.WriteFile(missing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := Files(h, missing); err != nil || strings.Contains(all[0].Name, "missing") {
		t.Errorf("got %v, %v", all, err)
	}
}
