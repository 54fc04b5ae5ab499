package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/scope"
)

// read reads the blocks of a template of one file.
func read(t *testing.T, text string) *Recipe {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.pkr.hcl")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := Open(name, nil, scope.Inputs{})
	if r.Diags.HasErrors() || !r.CheckPacker() {
		t.Fatal(r.Diags)
	}
	for _, b := range r.Blocks {
		r.Scope.Declare(b)
	}
	r.SetVariables()
	r.Scope.EvaluateLocals()
	r.Diags = append(r.Diags, r.Scope.Diagnostics()...)
	r.ReadSources()
	r.ReadLists()
	r.ReadBuilds()
	return r
}

func TestIdentities(t *testing.T) {
	const sources = "source \"any\" \"a\" {}\nsource \"any\" \"b\" {\n  for_each = { x = 1, \"2.0\" = 2 }\n}\n"
	cases := []struct{ name, build, want string }{
		{"a plain build", `build { sources = ["any.a"] }`, "any.a"},
		{"a named one", "build {\n name = \"n\"\n sources = [\"source.any.a\"]\n}", "n.any.a"},
		{"all of a source", `build { sources = ["any.b"] }`, "any.b.2.0 any.b.x"},
		{"one of a source", `build { sources = ["any.b.2.0"] }`, "any.b.2.0"},
		{"another name", "build {\n source \"any.b\" {\n  name = \"c\"\n }\n}", "any.c.2.0 any.c.x"},
		{"builds for each", "build {\n for_each = [\"k\"]\n name = \"n\"\n sources = [\"any.a\"]\n}", "n.k.any.a"},
		{"without a name", "build {\n for_each = [\"k\"]\n sources = [\"any.a\"]\n}", "k.any.a"},
		{"a name for each", "build {\n for_each = { k = \"v\" }\n name = each.value\n sources = [\"any.a\"]\n}", "v.k.any.a"},
		{"none", "build {\n for_each = {}\n sources = [\"any.a\"]\n}", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, sources+c.build)
			var ids []string
			for _, b := range r.Builds {
				for _, u := range b.Uses {
					ids = append(ids, Identity(b, u))
				}
			}
			if got := strings.Join(ids, " "); got != c.want || r.Diags.HasErrors() {
				t.Errorf("got %q, want %q; %v", got, c.want, r.Diags)
			}
		})
	}
}

func TestStepsAreSkipped(t *testing.T) {
	cases := []struct {
		name, step string
		want       string // the sources it runs for
	}{
		{"always", ``, "a b.x b.y"},
		{"only one", `only = ["any.a"]`, "a"},
		{"only all of a source", `only = ["source.any.b"]`, "b.x b.y"},
		{"only one key", `only = ["any.b.y"]`, "b.y"},
		{"except", `except = ["any.b", "any.nobody"]`, "a"},
		{"no globs", `only = ["any.*"]`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := read(t, "source \"any\" \"a\" {}\nsource \"any\" \"b\" {\n  for_each = [\"x\", \"y\"]\n}\nbuild {\n"+
				"  sources = [\"any.a\", \"any.b\"]\n  provisioner \"p\" {\n    "+c.step+"\n  }\n}\n")
			var names []string
			for _, u := range r.Builds[0].Uses {
				if !r.Builds[0].Provisioners[0].Skips(u) {
					names = append(names, u.Name)
				}
			}
			if got := strings.Join(names, " "); got != c.want || r.Diags.HasErrors() {
				t.Errorf("it runs for %q, want %q; %v", got, c.want, r.Diags)
			}
		})
	}
}

func TestListed(t *testing.T) {
	r := read(t, "provisioners \"p\" {\n  provisioner \"one\" {}\n  provisioner \"two\" {}\n}\n"+
		"source \"any\" \"a\" {}\nbuild {\n  use = \"p\"\n  sources = [\"any.a\"]\n  provisioner \"own\" {\n    name = \"last\"\n  }\n}\n")
	if got := r.Listed("p"); len(got) != 2 || got[1].Labels[0] != "two" {
		t.Errorf("listed %v", got)
	}
	if got := r.Listed("nothing"); got != nil {
		t.Errorf("listed %v under a name that is not there", got)
	}
	var labels []string
	for _, s := range r.Builds[0].Provisioners {
		labels = append(labels, s.Label())
	}
	if got := strings.Join(labels, " "); got != "one two last" {
		t.Errorf("the build's steps are %q", got)
	}
}

func TestOpenNothing(t *testing.T) {
	r := Open("", nil, scope.Inputs{})
	if r.Root != "." || r.Broken || len(r.Diags) > 0 || len(r.Blocks) > 0 {
		t.Errorf("%+v", r)
	}
	if r := Open(filepath.Join(t.TempDir(), "none"), nil, scope.Inputs{}); !r.Broken || !r.Diags.HasErrors() {
		t.Error("a file that is not there is no error")
	}
}
