package artifact

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestSpare(t *testing.T) {
	for name, c := range map[string]struct {
		made string // "" is nothing
		left []string
	}{
		"elsewhere":          {"x.gz", []string{"x.gz"}},
		"beside the files":   {"output/x.gz", []string{"output", "output/log", "output/x.gz"}},
		"in a folder of it":  {"output/sub/x.gz", []string{"output", "output/log", "output/sub", "output/sub/x.gz"}},
		"a name that begins": {"output-x.gz", []string{"output-x.gz"}},
		"nothing was made":   {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "output/disk", "output/log")
			a := &Artifact{Files: []string{"output/disk", "output/gone"}, Destroy: func() error { return os.RemoveAll("output") }}
			a.Spare("output/never made")
			if c.made != "" {
				write(t, c.made)
				a.Spare(c.made)
			}
			if err := a.Destroy(); err != nil {
				t.Fatal(err)
			}
			var left []string
			err := filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
				if path != "." {
					left = append(left, path)
				}
				return err
			})
			if err != nil || !slices.Equal(left, c.left) {
				t.Errorf("left: %v, error %v", left, err)
			}
		})
	}
}

func TestSpareOfItsOwnFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "output/disk", "output/other", "output/x.gz")
	a := &Artifact{Files: []string{"output/disk", "output/other"}, Destroy: func() error { return os.RemoveAll("output") }}
	a.Spare("./output/disk")
	a.Spare("output/x.gz")
	if len(a.Files) != 2 {
		t.Errorf("later chains see only %v", a.Files)
	}
	if err := a.Destroy(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob("output/*")
	if err != nil || !slices.Equal(left, []string{"output/disk", "output/x.gz"}) {
		t.Errorf("left: %v, error %v", left, err)
	}
}

func TestSpareOfWhatCannotBeDestroyed(t *testing.T) {
	a := &Artifact{}
	if a.Spare("x"); a.Destroy != nil {
		t.Error("it can be destroyed now")
	}
}

func write(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
