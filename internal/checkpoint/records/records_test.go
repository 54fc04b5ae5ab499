package records

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"
)

type artifact struct{ Image string }

func open(t *testing.T) *Records {
	t.Helper()
	return New(t.TempDir(), func() (func(), error) { return func() {}, nil })
}

// harms are what may become of a record's file.
var harms = []struct {
	name  string
	harm  func(path string) error
	there bool
}{
	{"whole", func(string) error { return nil }, true},
	{"a flipped bit", func(path string) error {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text[len(text)/2] ^= 4
		return os.WriteFile(path, text, 0o600)
	}, false},
	{"truncated", func(path string) error { return os.Truncate(path, 20) }, false},
	{"missing", os.Remove, false},
	{"a folder", func(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) }, false},
}

func TestRecords(t *testing.T) {
	for _, c := range harms {
		t.Run(c.name, func(t *testing.T) {
			r := open(t)
			for _, image := range []string{"a", "b"} {
				if err := r.PutRecord("artifacts", "x", artifact{image}); err != nil {
					t.Fatal(err)
				}
			}
			path := r.path("artifacts", "x")
			if err := c.harm(path); err != nil {
				t.Fatal(err)
			}
			var got artifact
			ok, err := r.Record("artifacts", "x", &got)
			if err != nil || ok != c.there || ok && got.Image != "b" {
				t.Errorf("got %v, %v, %v", got, ok, err)
			}
			if _, err := os.Lstat(path); (err == nil) != c.there {
				t.Errorf("is it there: %v", err)
			}
			if err := r.PutRecord("artifacts", "x", artifact{"c"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNames(t *testing.T) {
	r := open(t)
	for _, c := range []struct{ kind, key string }{{"", "a"}, {"a", ""}, {"..", "a"}, {"a", "../a"}, {"a", "b.json"}, {"a/b", "c"}} {
		if err := r.PutRecord(c.kind, c.key, 1); err == nil {
			t.Errorf("%q, %q is kept", c.kind, c.key)
		}
		if _, err := r.Record(c.kind, c.key, new(int)); err == nil {
			t.Errorf("%q, %q is read", c.kind, c.key)
		}
	}
	if err := r.PutRecord("a", "a", func() {}); err == nil {
		t.Error("a function is kept")
	}
	busy := errors.New("busy")
	if err := New(t.TempDir(), func() (func(), error) { return nil, busy }).PutRecord("a", "a", 1); !errors.Is(err, busy) {
		t.Errorf("without the lock: %v", err)
	}
}

// TestForget forgets what nobody used, and keeps what is read now and then.
func TestForget(t *testing.T) {
	r := open(t)
	for _, key := range []string{"new", "old", "read"} {
		if err := r.PutRecord("a", key, 1); err != nil {
			t.Fatal(err)
		}
		if key == "new" {
			continue
		}
		if err := os.Chtimes(r.path("a", key), time.Time{}, time.Now().Add(-50*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if ok, err := r.Record("a", "read", new(int)); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := r.Forget(40 * time.Hour); err != nil {
		t.Fatal(err)
	}
	for key, there := range map[string]bool{"new": true, "old": false, "read": true} {
		if _, err := os.Stat(r.path("a", key)); errors.Is(err, fs.ErrNotExist) == there {
			t.Errorf("%s: %v", key, err)
		}
	}
}
