package image

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/qemu/disk"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
)

func img(t *testing.T, args ...string) {
	t.Helper()
	if _, err := qemuimg.Run(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

// secret is a text that is nowhere by accident.
func secret() []byte { return []byte(hex.EncodeToString([]byte(rand.Text()))) }

// base makes a disk with the secret and other text on it.
func base(t *testing.T, secret []byte) string {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	text := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	copy(text[5000:], secret)
	if err := os.WriteFile(raw, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return raw
}

// content is what a machine with the image would read.
func content(t *testing.T, image string) []byte {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	img(t, "convert", "-O", "raw", image, raw)
	text, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestFlatten(t *testing.T) {
	for name, c := range map[string]struct {
		o     disk.Options
		scrub bool
	}{
		"plain":             {disk.Options{Format: "qcow2"}, false},
		"raw, scrubbed":     {disk.Options{Format: "raw"}, true},
		"scrubbed":          {disk.Options{Format: "qcow2"}, true},
		"scrubbed, packed":  {disk.Options{Format: "qcow2", DiskCompression: true}, true},
		"packed, as it was": {disk.Options{Format: "qcow2", DiskCompression: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			hidden := secret()
			low, top := base(t, hidden), filepath.Join(t.TempDir(), "top")
			img(t, "create", "-q", "-f", "qcow2", "-F", "raw", "-b", low, top)
			more := base(t, hidden)
			w := &Writer{Disk: &c.o, Folder: t.TempDir(), Name: "disk"}
			if c.scrub {
				w.Secret = hidden
			}
			disks := []hardware.Disk{{Path: top, Format: "qcow2", Backing: &hardware.Disk{Path: low, Format: "raw"}}, {Path: more, Format: "raw"}}
			if err := w.Flatten(t.Context(), disks); err != nil {
				t.Fatal(err)
			}
			if has := bytes.Contains(content(t, w.Path(0)), hidden); has == c.scrub {
				t.Errorf("the secret is there: %t", has)
			}
			for i, path := range []string{low, more} {
				if text, err := os.ReadFile(path); err != nil || !bytes.Contains(text, hidden) {
					t.Errorf("layer %d was written: %v", i, err)
				}
			}
			left, _ := filepath.Glob(filepath.Join(w.Folder, "*"))
			hiddenFiles, _ := filepath.Glob(filepath.Join(w.Folder, ".*"))
			if !slices.Equal(left, []string{w.Path(0), w.Path(1)}) || hiddenFiles != nil {
				t.Errorf("made %q and %q", left, hiddenFiles)
			}
		})
	}
}

// TestFinish makes an image of the overlay where it stands.
func TestFinish(t *testing.T) {
	for name, layered := range map[string]bool{"alone": false, "on its base": true} {
		hidden := secret()
		low := base(t, []byte("nothing"))
		o := disk.Defaults()
		w := &Writer{Disk: &o, Folder: t.TempDir(), Name: "disk", Secret: hidden}
		made, err := o.Overlay(t.Context(), low, w.Path(0))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Finish(t.Context(), made, layered); err != nil {
			t.Fatal(err)
		}
		info, err := qemuimg.Inspect(t.Context(), w.Path(0), "qcow2")
		if err != nil || (info.Backing != "") != layered {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		if a, err := w.Artifact(); err != nil || !slices.Equal(a.Files, []string{w.Path(0)}) || a.Details["format"] != "qcow2" {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
}

func TestFails(t *testing.T) {
	o := disk.Defaults()
	w := &Writer{Disk: &o, Folder: t.TempDir(), Name: "disk", Secret: secret()}
	if err := w.Flatten(t.Context(), []hardware.Disk{{Path: "/none", Format: "qcow2"}}); err == nil {
		t.Error("a disk that is not there was flattened")
	}
	if err := w.Finish(t.Context(), hardware.Disk{Path: "/none", Format: "qcow2"}, false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if _, err := w.Artifact(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
