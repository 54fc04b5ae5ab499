package artifice

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// folder makes output/{disk,log} and made/{a.box,b.box}, as working directory.
func folder(t *testing.T) *artifact.Artifact {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, name := range []string{"output/disk", "output/log", "made/a.box", "made/b.box"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o750), os.WriteFile(name, []byte(name), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return &artifact.Artifact{Files: []string{"output/disk", "output/log"}, Destroy: func(kept []string) error {
		return artifact.Remove([]string{"output/disk", "output/log", "output"}, kept)
	}}
}

func TestProcess(t *testing.T) {
	for name, c := range map[string]struct {
		files, want []string
		fail        []string
		left        []string // when what went in is destroyed
	}{
		"patterns, each file once": {
			files: []string{"made/*.box", "made/a.box"}, want: []string{"made/a.box", "made/b.box"},
			left: []string{"made/a.box", "made/b.box"},
		},
		"a file of what went in": {
			files: []string{"./output/disk"}, want: []string{"./output/disk"},
			left: []string{"made/a.box", "made/b.box", "output/disk"},
		},
		"nothing there": {files: []string{"made/*.ova", "made/a.box", "gone"}, fail: []string{"made/*.ova", "gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := folder(t)
			a, _ := New(postprocessors.Env{}).(*Artifice)
			a.Files = c.files
			got, err := a.Process(t.Context(), in, &ui.UI{})
			if len(c.fail) > 0 {
				for _, part := range c.fail {
					if err == nil || !strings.Contains(err.Error(), "no file matches "+part) {
						t.Errorf("error %v, want %q", err, part)
					}
				}
				return
			}
			if err != nil || !slices.Equal(got.Files, c.want) {
				t.Fatalf("files %v, error %v; want %v", got.Files, err, c.want)
			}
			if err := in.Destroy(got.Files); err != nil {
				t.Fatal(err)
			}
			if left, _ := filepath.Glob("*/*"); !slices.Equal(left, c.left) {
				t.Errorf("left %v, want %v", left, c.left)
			}
			if err := got.Destroy(nil); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(c.want[0]); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is still there: %v", c.want[0], err)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		bad   int
	}{
		"none":         {nil, 1},
		"a name":       {[]string{"not there yet"}, 0},
		"bad patterns": {[]string{"[a", "*", "b["}, 2},
	} {
		if p := option.Problems((&Artifice{Files: c.files}).Validate()); len(p) != c.bad {
			t.Errorf("%s: %v, want %d", name, p, c.bad)
		}
	}
}
