package disk

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
)

const block = 64 << 10 // bytes

func img(t *testing.T, args ...string) {
	t.Helper()
	if _, err := qemuimg.Run(t.Context(), args...); err != nil {
		t.Fatal(err)
	}
}

// fill writes a block of an image.
func fill(t *testing.T, image string, at int, with byte) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "qemu-io", "-f", "qcow2", "-c", fmt.Sprintf("write -P %d %d %d", with, at*block, block), image)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
}

// TestFlatten makes one image of three layers that were moved since they were
// made: what they say of each other is not true any more.
func TestFlatten(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	img(t, "create", "-q", "-f", "qcow2", at("base"), fmt.Sprint(4*block))
	fill(t, at("base"), 0, 1)
	fill(t, at("base"), 1, 1)
	img(t, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", at("base"), at("low"))
	fill(t, at("low"), 1, 2)
	img(t, "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", at("low"), at("top"))
	fill(t, at("top"), 2, 3)
	for _, name := range []string{"base", "low"} {
		if err := os.Rename(at(name), at(name+",moved")); err != nil {
			t.Fatal(err)
		}
	}
	top := hardware.Disk{Path: at("top"), Format: "qcow2", Backing: &hardware.Disk{
		Path: at("low,moved"), Format: "qcow2", Backing: &hardware.Disk{Path: at("base,moved"), Format: "qcow2"},
	}}
	before := sums(t, dir)
	want := slicesOf(1, 2, 3, 0)
	for name, o := range map[string]Options{
		"raw": {Format: "raw"}, "qcow2": {Format: "qcow2"}, "packed": {Format: "qcow2", DiskCompression: true},
		"with arguments": {Format: "qcow2", QemuImgArgs: &ImgArgs{Convert: []string{"-o", "cluster_size=4096"}}},
	} {
		to := filepath.Join(t.TempDir(), "image")
		if err := o.Flatten(t.Context(), top, to, nil); err != nil {
			t.Fatal(err)
		}
		info, err := qemuimg.Inspect(t.Context(), to, "")
		if err != nil || info.Format != o.Format || info.Backing != "" || info.Size != 4*block {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		img(t, "convert", "-O", "raw", to, to+".raw")
		if text, err := os.ReadFile(to + ".raw"); err != nil || !bytes.Equal(text, want) {
			t.Errorf("%s: another content, %v", name, err)
		}
	}
	if after := sums(t, dir); after != before {
		t.Errorf("the layers were written")
	}
	top.Backing.Path = at("none")
	o := Defaults()
	if err := o.Flatten(t.Context(), top, at("image"), nil); err == nil {
		t.Error("a layer is missed")
	}
}

func slicesOf(fills ...byte) []byte {
	var all []byte
	for _, f := range fills {
		all = append(all, bytes.Repeat([]byte{f}, block)...)
	}
	return all
}

// sums tells the contents of a folder.
func sums(t *testing.T, dir string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	text := ""
	for _, path := range all {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintf("%s %x\n", path, sha256.Sum256(raw))
	}
	return text
}

func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	base := filepath.Join(dir, "base")
	img(t, "create", "-q", "-f", "raw", base, "1M")
	for _, c := range []struct {
		name string
		o    Options
		size int64 // bytes; 0 is an error
	}{
		{"as large as the base", Options{}, 1 << 20},
		{"grown", Options{DiskSize: "2M"}, 2 << 20},
		{"grown, but not to be", Options{DiskSize: "2M", SkipResizeDisk: true}, 1 << 20},
		{"the same", Options{DiskSize: "1"}, 1 << 20},
		{"smaller", Options{DiskSize: "512K"}, 0},
	} {
		path := filepath.Join(t.TempDir(), "top")
		made, err := c.o.Overlay(t.Context(), base, path)
		if (err != nil) != (c.size == 0) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			continue
		}
		info, err := qemuimg.Inspect(t.Context(), path, "qcow2")
		if err != nil || info.Size != c.size || made.Format != "qcow2" || made.Backing == nil || *made.Backing != (hardware.Disk{Path: base, Format: "raw"}) {
			t.Errorf("%s: %+v, %+v, %v", c.name, info, made, err)
		}
	}
	if _, err := (&Options{}).Overlay(t.Context(), filepath.Join(dir, "none"), filepath.Join(dir, "top")); err == nil {
		t.Error("a base that is not there")
	}
	made, err := (&Options{Format: "raw"}).Empty(t.Context(), filepath.Join(dir, "more"), "3M")
	if err != nil || made.Format != "raw" || made.Backing != nil {
		t.Errorf("got %+v, %v", made, err)
	}
}
