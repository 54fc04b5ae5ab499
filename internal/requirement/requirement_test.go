package requirement

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func check(t *testing.T, text string) ([]Plugin, hcl.Diagnostics, bool) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, _, diags := f.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "packer"}, {Type: "other"}}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return Check(content.Blocks)
}

func TestVersions(t *testing.T) {
	cases := []struct{ constraint, fails string }{
		{`">= 1.7.0"`, ""},
		{`"~> 1.8, != 1.9.0"`, ""},
		{`">= 2"`, "The template wants Packer's language >= 2; this program reads that of version " + Version},
		{`"newest"`, `"newest" is not a version constraint`},
		{`var.version`, "A constant string is needed"},
	}
	for _, c := range cases {
		_, diags, ok := check(t, "other {}\npacker {\n  required_version = "+c.constraint+"\n  odd = 1\n}\n")
		switch {
		case c.fails == "":
			if !ok || len(diags) != 1 || diags[0].Summary != "Unsupported argument" {
				t.Errorf("%s: %t, %v", c.constraint, ok, diags)
			}
		case ok || len(diags) != 1 || !strings.Contains(diags.Error(), c.fails):
			t.Errorf("%s: %t, %v; want %q alone", c.constraint, ok, diags, c.fails)
		}
	}
}

func TestPlugins(t *testing.T) {
	cases := []struct{ name, entry, fails string }{
		{"complete", `{ source = "github.com/hashicorp/qemu", version = "~> 1" }`, ""},
		{"names in quotes, colons", `{ "source" : "example.com/a/b/c", "version" : ">= 0.0.1" }`, ""},
		{"no version", `{ source = "github.com/hashicorp/qemu" }`, `The required plugin "p" has no version; write one such as version = ">= 1.0.0".`},
		{"no source", `{ version = "1" }`, `The required plugin "p" has no source; write one such as source = "github.com/hashicorp/p".`},
		{"a short source", `{ source = "qemu", version = "1" }`, `"qemu" is not of the form`},
		{"a bad version", `{ source = "a/b/c", version = "one" }`, `"one" is not a version constraint`},
		{"something else", `{ source = "a/b/c", version = "1", path = "x" }`, `but no "path"`},
		{"a variable", `{ source = var.x, version = "1" }`, "A constant string is needed"},
		{"no map", `"1.0"`, "static map expression is required"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plugins, diags, ok := check(t, "packer {\n  required_plugins {\n    p = "+c.entry+"\n  }\n}\n")
			if !ok || len(plugins) != 1 || plugins[0].Name != "p" || plugins[0].Range.Start.Line != 3 {
				t.Errorf("plugins %v", plugins)
			}
			if diags.HasErrors() != (c.fails != "") || c.fails != "" && !strings.Contains(diags.Error(), c.fails) {
				t.Errorf("got %v, want %q", diags, c.fails)
			}
		})
	}
}
