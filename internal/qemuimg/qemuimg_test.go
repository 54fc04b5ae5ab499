package qemuimg

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestInspect(t *testing.T) {
	dir := t.TempDir()
	base, top := filepath.Join(dir, "base"), filepath.Join(dir, "top")
	for _, args := range [][]string{
		{"create", "-q", "-f", "qcow2", base, "1M"},
		{"create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, top, "2M"},
	} {
		if _, err := Run(t.Context(), args...); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		image, format string
		want          Info
	}{
		"alone":      {base, "", Info{Format: "qcow2", Size: 1 << 20}},
		"an overlay": {top, "qcow2", Info{Format: "qcow2", Size: 2 << 20, Backing: base, FullBacking: base}},
	} {
		if got, err := Inspect(t.Context(), c.image, c.format); err != nil || got != c.want {
			t.Errorf("%s: %+v, error %v; want %+v", name, got, err, c.want)
		}
	}
	if got, err := Inspect(t.Context(), top, "raw"); err != nil || got.Format != "raw" || got.Backing != "" {
		t.Errorf("taken for raw, its header was believed: %+v, error %v", got, err)
	}
	if _, err := Run(t.Context(), "info", filepath.Join(dir, "gone")); err == nil || !strings.Contains(err.Error(), "No such file") {
		t.Errorf("qemu-img's words are not in the error: %v", err)
	}
}
