package prompt

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "history")
	h := newHistory(path)
	for _, line := range []string{"one", "", "  ", "two", "two", "one"} {
		h.Add(line)
	}
	later := newHistory(path)
	for name, h := range map[string]*history{"this session": h, "the next session": later} {
		if h.Len() != 3 || h.At(0) != "one" || h.At(1) != "two" || h.At(2) != "one" {
			t.Errorf("%s: got %q", name, h.lines)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
}

func TestHistoryBecomesPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(path, []byte("old\n"), 0o644); err != nil { //nolint:gosec // the case
		t.Fatal(err)
	}
	newHistory(path).Add("secret")
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if h := newHistory(path); h.Len() != 2 || h.At(0) != "secret" {
		t.Errorf("got %q", h.lines)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	h := newHistory(path)
	for i := range kept + 3 {
		h.Add(fmt.Sprint("line ", i))
	}
	if later := newHistory(path); later.Len() != kept || later.At(kept-1) != "line 3" {
		t.Errorf("%d lines, the oldest %q", later.Len(), later.At(later.Len()-1))
	}
}

func TestHistoryWithoutFile(t *testing.T) {
	for _, path := range []string{"", "/proc/nowhere/history"} {
		h := newHistory(path)
		h.Add("x")
		if h.Len() != 1 || h.At(0) != "x" {
			t.Errorf("%q: got %q", path, h.lines)
		}
	}
}
