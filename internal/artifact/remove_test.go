package artifact

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRemove(t *testing.T) {
	for name, c := range map[string]struct {
		later []string // files made after the artifact
		kept  []string
		left  []string
	}{
		"all of it":           {nil, nil, nil},
		"a file of others":    {[]string{"output/mine"}, nil, []string{"output", "output/mine"}},
		"one in a folder":     {[]string{"output/efi/mine"}, nil, []string{"output", "output/efi", "output/efi/mine"}},
		"one elsewhere":       {[]string{"output-x/mine"}, nil, []string{"output-x", "output-x/mine"}},
		"a file of its own":   {nil, []string{"./output/../output/disk"}, []string{"output", "output/disk"}},
		"a kept one is gone":  {nil, []string{"output/never made"}, nil},
		"kept and of another": {[]string{"output/mine"}, []string{"output/mine", "output/efi/vars"}, []string{"output", "output/efi", "output/efi/vars", "output/mine"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "output/disk", "output/log", "output/efi/vars")
			own, err := Tree("output")
			if err != nil {
				t.Fatal(err)
			}
			write(t, c.later...)
			for range 2 { // the second time there is nothing more to do
				if err := Remove(own, c.kept); err != nil {
					t.Fatal(err)
				}
			}
			var left []string
			err = filepath.WalkDir(".", func(path string, _ os.DirEntry, err error) error {
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

func TestRemoveTellsWhatItCannot(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "file", "other")
	if err := Remove([]string{"file/below", "other"}, nil); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat("other"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the rest was not removed: %v", err)
	}
	if _, err := Tree("nowhere"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("listing nothing: %v", err)
	}
}

func TestHolds(t *testing.T) {
	for name, c := range map[string]struct {
		a, b []string
		want bool
	}{
		"the same":      {[]string{"x"}, []string{"./x"}, true},
		"more":          {[]string{"x", "y", "z"}, []string{"z", "x"}, true},
		"less":          {[]string{"x"}, []string{"x", "y"}, false},
		"nothing":       {[]string{"x"}, nil, false},
		"both nothing":  {nil, nil, false},
		"something new": {[]string{"x.gz"}, []string{"x"}, false},
	} {
		if got := (&Artifact{Files: c.a}).Holds(&Artifact{Files: c.b}); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func write(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}
