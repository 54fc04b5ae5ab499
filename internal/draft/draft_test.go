package draft

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func text(s string) func(*os.File) error {
	return func(f *os.File) error {
		_, err := f.WriteString(s)
		return err
	}
}

func TestWrite(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		old     string // "" is none
		oldMode fs.FileMode
		fill    func(*os.File) error
		err     error
		want    string
		mode    fs.FileMode
	}{
		"a new file":              {fill: text("new"), want: "new", mode: 0o640},
		"one is replaced":         {old: "old", oldMode: 0o666, fill: text("new"), want: "new", mode: 0o666},
		"one that is only read":   {old: "old", oldMode: 0o444, fill: text("new"), want: "new", mode: 0o444},
		"a mode of its own":       {old: "old", oldMode: 0o644, fill: func(f *os.File) error { return f.Chmod(0o600) }, mode: 0o600},
		"an error leaves the old": {old: "old", oldMode: 0o644, fill: func(f *os.File) error { return errors.Join(text("half")(f), broken) }, err: broken, want: "old", mode: 0o644},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file")
			if c.old != "" {
				if err := os.WriteFile(path, []byte(c.old), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, c.oldMode); err != nil {
					t.Fatal(err)
				}
			}
			if err := Write(path, 0o640, c.fill); !errors.Is(err, c.err) {
				t.Errorf("got %v, want %v", err, c.err)
			}
			got, err := os.ReadFile(path)
			info, statErr := os.Stat(path)
			if err != nil || statErr != nil || string(got) != c.want || info.Mode().Perm() != c.mode {
				t.Errorf("it is %q, mode %v; %v", got, info.Mode(), errors.Join(err, statErr))
			}
			if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
				t.Errorf("there are %v, %v", all, err)
			}
		})
	}
}

func TestWriteOfFilesThatCannotBe(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".", "none/file", "file/below"} {
		if err := Write(name, 0o600, text("x")); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := Write("new", 0o600, func(*os.File) error { return fs.ErrInvalid }); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if all, err := os.ReadDir("."); err != nil || len(all) != 1 {
		t.Errorf("left: %v, %v", all, err)
	}
}

func TestWriteThroughLinksAndDevices(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("elsewhere", 0o700), os.WriteFile("elsewhere/file", []byte("old"), 0o600), os.Symlink("elsewhere/file", "link")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(Write("link", 0o644, text("new")), Write(os.DevNull, 0o644, text("x"))); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("elsewhere/file")
	if info, linkErr := os.Lstat("link"); err != nil || linkErr != nil || string(got) != "new" || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("it is %q, %v, %v", got, err, linkErr)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode()&fs.ModeDevice == 0 {
		t.Errorf("%s is now %v, %v", os.DevNull, info.Mode(), err)
	}
}

// TestWriteSideBySide has many write one name: each must succeed, and one of
// them be there as a whole.
func TestWriteSideBySide(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 20 {
				err := Write(path, 0o600, func(f *os.File) error {
					for range 100 {
						if _, err := fmt.Fprintf(f, "%d\n", i); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 200 {
		t.Fatalf("%d bytes, %v", len(got), err)
	}
	for i, c := range got {
		if c != got[i%2] {
			t.Fatalf("a mixture: %q", got)
		}
	}
}
