package diskfile

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const mib = 1 << 20

// rawDisk is a disk of 40 MiB with 3 MiB that are not zero and 1 MiB of zeroes
// that are written.
func rawDisk(t *testing.T, dir string) (path string, content []byte) {
	t.Helper()
	content = make([]byte, 40*mib+512)
	for _, at := range []int{0, 17*mib + 4096, 39 * mib} {
		for i := range mib {
			content[at+i] = byte(i%251 + 1)
		}
	}
	path = filepath.Join(dir, "disk.raw")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{0, 17 * mib, 30 * mib, 39 * mib} {
		if _, err := f.WriteAt(content[at:min(at+2*mib, len(content))], int64(at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Truncate(int64(len(content))), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path, content
}

func qemuImg(t *testing.T, args ...string) {
	t.Helper()
	if text, err := exec.CommandContext(t.Context(), "qemu-img", args...).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img %v: %v: %s", args, err, text)
	}
}

func TestDisksReadTheSame(t *testing.T) {
	dir := t.TempDir()
	path, content := rawDisk(t, dir)
	convert := func(name string, options ...string) string {
		to := filepath.Join(dir, name)
		qemuImg(t, append(append([]string{"convert", "-f", "raw", "-O", "qcow2"}, options...), path, to)...)
		return to
	}
	over := func(name, below, format string) string {
		to := filepath.Join(dir, name)
		qemuImg(t, "create", "-f", "qcow2", "-F", format, "-b", filepath.Base(below), to)
		return to
	}
	for name, c := range map[string]struct{ path, format string }{
		"raw":            {path, "raw"},
		"qcow2":          {convert("a"), "qcow2"},
		"deflated":       {convert("b", "-c"), "qcow2"},
		"zstd":           {convert("c", "-c", "-o", "compression_type=zstd"), "qcow2"},
		"large clusters": {convert("d", "-o", "cluster_size=2M"), "qcow2"},
		"small clusters": {convert("e", "-o", "cluster_size=512"), "qcow2"},
		"subclusters":    {convert("f", "-o", "extended_l2=on,cluster_size=128k"), "qcow2"},
		"old":            {convert("g", "-o", "compat=0.10"), "qcow2"},
		"on raw":         {over("h", path, "raw"), "qcow2"},
		"on qcow2":       {over("i", convert("j"), "qcow2"), "qcow2"},
	} {
		t.Run(name, func(t *testing.T) {
			scratch := t.TempDir()
			f, err := Open(t.Context(), c.path, c.format, scratch)
			if err != nil {
				t.Fatal(err)
			}
			got, data := make([]byte, f.Size()), int64(0)
			for at := int64(0); at < f.Size(); {
				from, to, err := f.Next(at)
				if err != nil || from < at || from < f.Size() && to <= from {
					t.Fatalf("at %d there is data from %d to %d, error %v", at, from, to, err)
				}
				if from >= f.Size() {
					break
				}
				if _, err := f.ReadAt(got[from:to], from); err != nil && !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				data, at = data+to-from, to
			}
			if !bytes.Equal(got[:len(content)], content) {
				t.Error("what was read is not the disk")
			}
			if data > 10*mib {
				t.Errorf("%d bytes had to be read", data)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if left, _ := os.ReadDir(scratch); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	path, _ := rawDisk(t, dir)
	over := filepath.Join(dir, "over")
	qemuImg(t, "create", "-f", "qcow2", "-F", "raw", "-b", "disk.raw", over)
	secret := filepath.Join(dir, "vmdk-over")
	qemuImg(t, "convert", "-O", "vmdk", path, filepath.Join(dir, "lower.vmdk"))
	qemuImg(t, "create", "-f", "qcow2", "-F", "vmdk", "-b", "lower.vmdk", secret)
	short := filepath.Join(dir, "short")
	whole := filepath.Join(dir, "whole")
	qemuImg(t, "convert", "-c", "-O", "qcow2", "-o", "compression_type=zstd", path, whole)
	deflated := filepath.Join(dir, "deflated")
	qemuImg(t, "convert", "-c", "-O", "qcow2", path, deflated)
	head, err := os.ReadFile(deflated)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(short, head[:200], 0o600), os.Rename(path, path+".away")); err != nil {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx                context.Context
		path, format, want string
	}{
		"missing":       {t.Context(), filepath.Join(dir, "none"), "raw", "no such file"},
		"format":        {t.Context(), over, "vmdk", `the format "vmdk"`},
		"not qcow2":     {t.Context(), filepath.Join(dir, "lower.vmdk"), "qcow2", "opening the disk"},
		"base gone":     {t.Context(), over, "qcow2", "disk.raw"},
		"foreign below": {t.Context(), secret, "qcow2", "vmdk"},
		"cut off":       {t.Context(), short, "qcow2", "EOF"},
		"cancelled":     {gone, whole, "qcow2", "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := Open(c.ctx, c.path, c.format, dir)
			if err == nil {
				_, _, err = f.Next(0)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
		})
	}
}
