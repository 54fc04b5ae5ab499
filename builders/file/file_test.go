package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func put(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestBuild(t *testing.T) {
	for name, c := range map[string]struct {
		b    Builder
		set  func(t *testing.T)
		want string // the target's text
		mode fs.FileMode
		fail string // part of the error
	}{
		"content":            {b: Builder{Target: "new/x", Content: "hello"}, want: "hello", mode: 0o600},
		"nothing":            {b: Builder{Target: "x"}, mode: 0o600},
		"source":             {b: Builder{Target: "x", Source: "s"}, set: func(t *testing.T) { put(t, "s", "copied", 0o640) }, want: "copied", mode: 0o640},
		"no source there":    {b: Builder{Target: "x", Source: "s"}, fail: "reading the source"},
		"a folder":           {b: Builder{Target: "x", Source: "."}, fail: "no regular file"},
		"target is there":    {b: Builder{Target: "x", Content: "new"}, set: func(t *testing.T) { put(t, "x", "old", 0o644) }, want: "new", mode: 0o600},
		"target is a folder": {b: Builder{Target: "."}, fail: "is a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if c.set != nil {
				c.set(t)
			}
			m, err := c.b.Boot(t.Context(), nil)
			if err == nil {
				if art, sealErr := m.Seal(t.Context()); sealErr != nil {
					err = sealErr
				} else if art.ID != "File" || art.Builder != "packer.file" || art.Files[0] != c.b.Target {
					t.Errorf("artifact %+v", art)
				} else {
					defer func() {
						if err := art.Destroy(nil); err != nil {
							t.Error(err)
						}
						if _, err := os.Stat(c.b.Target); !errors.Is(err, fs.ErrNotExist) {
							t.Errorf("still there: %v", err)
						}
					}()
				}
			}
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Fatalf("error %v, want %q", err, c.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(c.b.Target)
			info, statErr := os.Stat(c.b.Target)
			if err != nil || statErr != nil || string(text) != c.want || info.Mode() != c.mode {
				t.Errorf("%q, mode %v, errors %v %v; want %q, mode %v", text, info.Mode(), err, statErr, c.want, c.mode)
			}
			if left, _ := filepath.Glob(".draft*"); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		b              Builder
		problem, warns string
	}{
		"good":      {b: Builder{Target: "x", Content: "y"}},
		"empty":     {b: Builder{Target: "x"}, warns: "will be empty"},
		"no target": {b: Builder{Content: "y"}, problem: "target"},
		"both":      {b: Builder{Target: "x", Content: "y", Source: "z"}, problem: "Either content or source"},
	} {
		err := c.b.Validate()
		if (c.problem == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v, want %q", name, err, c.problem)
		}
		warning := strings.Join(c.b.Warnings(), " ")
		if (c.warns == "") != (warning == "") || !strings.Contains(warning, c.warns) {
			t.Errorf("%s: warning %q, want %q", name, warning, c.warns)
		}
	}
}
