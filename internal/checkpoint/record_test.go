package checkpoint

import (
	"os"
	"testing"
)

type artifact struct{ Image string }

func TestRecords(t *testing.T) {
	for name, c := range map[string]struct {
		harm  func(path string) error
		there bool
	}{
		"whole":         {func(string) error { return nil }, true},
		"a flipped bit": {flip, false},
		"truncated":     {shorter, false},
		"missing":       {os.Remove, false},
		"a folder":      {instead, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := openStore(t)
			for _, image := range []string{"a", "b"} {
				if err := s.PutRecord("artifacts", key("x"), artifact{image}); err != nil {
					t.Fatal(err)
				}
			}
			path := s.path("records", "artifacts", key("x")+".json")
			if err := c.harm(path); err != nil {
				t.Fatal(err)
			}
			var got artifact
			ok, err := s.Record("artifacts", key("x"), &got)
			if err != nil || ok != c.there || ok && got.Image != "b" {
				t.Errorf("got %v, %v, %v", got, ok, err)
			}
			if _, err := os.Lstat(path); (err == nil) != c.there {
				t.Errorf("is it there: %v", err)
			}
			if err := s.PutRecord("artifacts", key("x"), artifact{"c"}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestRecordNames(t *testing.T) {
	s := openStore(t)
	for _, c := range []struct{ kind, key string }{{"", "a"}, {"a", ""}, {"..", "a"}, {"a", "../a"}, {"a", "b.json"}, {"a/b", "c"}} {
		if err := s.PutRecord(c.kind, c.key, 1); err == nil {
			t.Errorf("%q, %q is kept", c.kind, c.key)
		}
		if _, err := s.Record(c.kind, c.key, new(int)); err == nil {
			t.Errorf("%q, %q is read", c.kind, c.key)
		}
	}
	if err := s.PutRecord("a", "a", func() {}); err == nil {
		t.Error("a function is kept")
	}
}
