package hclfmt

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSource(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"spaces and indents", "a={\nb=1\nccc =2\n}\n", "a = {\n  b   = 1\n  ccc = 2\n}\n"},
		{"formatted already", "a = 1\n", "a = 1\n"},
		{"no last newline", "a=1", "a = 1"},
		{"empty", "", ""},
		{"comments stay", "a=1 # one\nbb=2 // two\n", "a  = 1 # one\nbb = 2 // two\n"},
		{"heredocs stay", "a=<<E\n  x=1\nE\n", "a = <<E\n  x=1\nE\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, diags := Source("a.pkr.hcl", []byte(c.src))
			if diags.HasErrors() || string(got) != c.want {
				t.Errorf("got %q, %v; want %q", got, diags, c.want)
			}
		})
	}
	if _, diags := Source("a.pkr.hcl", []byte("a {\n")); !diags.HasErrors() {
		t.Error("a file that cannot be parsed was formatted")
	}
}

func TestSourceNestedTooDeeply(t *testing.T) {
	if _, diags := Source("a.pkr.hcl", []byte("a = "+strings.Repeat("(", 100_000))); !diags.HasErrors() {
		t.Error("no parser survives that")
	}
}

func TestDiff(t *testing.T) {
	want := "--- old/a.pkr.hcl\n+++ new/a.pkr.hcl\n@@ -1,2 +1,2 @@\n-a=1\n+a = 1\n b = 2\n"
	if got := Diff("a.pkr.hcl", []byte("a=1\nb = 2\n"), []byte("a = 1\nb = 2\n")); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Diff("a.pkr.hcl", []byte("a\n"), []byte("a\n")); got != "" {
		t.Errorf("same files differ: %q", got)
	}
}

func TestFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{
		"b.pkr.hcl", "a.pkrvars.hcl", "c.oven.hcl", "plain.hcl", "x.pkr.json", ".hidden.pkr.hcl", "copy.pkr.hcl~", "#edit.pkr.hcl#",
		"sub/d.pkr.hcl", "sub/deep/e.auto.pkrvars.hcl", ".git/f.pkr.hcl",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name      string
		paths     []string
		recursive bool
		want, err string
	}{
		{"folder", []string{"."}, false, "a.pkrvars.hcl b.pkr.hcl c.oven.hcl", ""},
		{"folders below", []string{"."}, true, "a.pkrvars.hcl b.pkr.hcl c.oven.hcl sub/d.pkr.hcl sub/deep/e.auto.pkrvars.hcl", ""},
		{"in the order given", []string{"sub", "b.pkr.hcl"}, false, "sub/d.pkr.hcl b.pkr.hcl", ""},
		{"a hidden file that is asked for", []string{".hidden.pkr.hcl"}, false, ".hidden.pkr.hcl", ""},
		{"a hidden folder that is asked for", []string{".git"}, true, ".git/f.pkr.hcl", ""},
		{"all that is wrong", []string{"nowhere", "plain.hcl", "b.pkr.hcl"}, false, "b.pkr.hcl", "nowhere cannot be read: no such file or directory\n" +
			"the name of plain.hcl does not end in .pkr.hcl, .pkrvars.hcl, .oven.hcl"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, errs := Files(c.paths, c.recursive)
			err := errors.Join(errs...)
			if !slices.Equal(got, strings.Fields(c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err == nil && c.err != "" || err != nil && err.Error() != c.err {
				t.Errorf("got error %v, want %q", err, c.err)
			}
		})
	}
}
