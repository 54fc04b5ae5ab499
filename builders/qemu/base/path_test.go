package base

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSame has the base be another one than the key is of.
func TestSame(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "base", "base")
	write(t, "other", "base")
	if err := Same("base", nil); err != nil {
		t.Errorf("nobody has looked at it: %v", err)
	}
	was, err := os.Stat("base")
	if err == nil {
		err = os.Link("base", "held")
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, same := range map[string]bool{"base": true, "held": true, "other": false, "none": false} {
		if err := Same(name, was); (err == nil) != same {
			t.Errorf("%s: %v", name, err)
		}
	}
	write(t, "base", "longer")
	if err := Same("held", was); err == nil {
		t.Error("a change is not noticed")
	}
}

func TestHold(t *testing.T) {
	t.Chdir(t.TempDir())
	cache := t.TempDir()
	download := filepath.Join(cache, "download")
	write(t, "mine", "")
	write(t, download, "")
	for path, want := range map[string]string{"mine": "mine", download: "own"} {
		got, release := Hold(path, cache, "own", nil)
		if got != want {
			t.Errorf("%s is held as %s", path, got)
		}
		if got, _ := Hold(download, cache, "own", nil); want == "own" && got == "own" {
			t.Error("another one's link is used")
		} else if want != "own" {
			_ = os.Remove("own")
		}
		for range 2 {
			if err := release(); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat("own"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the link is left: %v", err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestPath(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "mine", "")
	o := Origin{Base: "mine"}
	here, err := filepath.Abs("mine")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.Path(t.Context(), nil, t.TempDir(), nil); got != here || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	from := &artifact.Artifact{Details: map[string]string{"disk": "mine"}}
	if got, err := o.Path(t.Context(), from, "", nil); got != here || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := o.Path(t.Context(), &artifact.Artifact{Title: "an AMI"}, "", nil); err == nil {
		t.Error("an AMI is a disk")
	}
	o.Base = "none"
	if _, err := o.Path(t.Context(), nil, t.TempDir(), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
