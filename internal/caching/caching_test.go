package caching

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// source evaluates without any variables.
func source(body hcl.Body) decode.Source {
	return decode.Source{Bodies: []hcl.Body{body}, Eval: func(e hcl.Expression) (cty.Value, hcl.Diagnostics) { return e.Value(nil) }}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct{ name, text, want, build string }{
		{"nothing", "", "{false 0s []}", ""},
		{"off", "cache = false", "{true 0s []}", ""},
		{"off, in quotes", `cache = "false"`, "{true 0s []}", ""},
		{"on", "cache = true", "{false 0s []}", ""},
		{"null", "cache = null", "{false 0s []}", ""},
		{"for a while", `cache { max_age = "90m" }`, "{false 1h30m0s []}", ""},
		{"an empty block", `cache {}`, "{false 0s []}", ""},
		{"inputs", `cache { inputs = ["a", "b/**"] }`, "{false 0s [a b/**]}", "{false 0s []} Unsupported argument"},
		{"a negative age", `cache { max_age = "-1h" }`, "{false -1h0m0s []} Invalid max_age", ""},
		{"an age without unit", `cache { max_age = "12" }`, "Unsuitable value for \"max_age\"", "{false 0s []} Unsuitable value for \"max_age\""},
		{"both", "cache = true\ncache {}", "{false 0s []} cache twice", ""},
		{"no pattern", `cache { inputs = ["a[", "", "b"] }`, "{false 0s [b]} Invalid inputs Invalid inputs", "{false 0s []} Unsupported argument"},
		{"JSON", `{"cache": {"max_age": "1h"}}`, "{false 1h0m0s []}", ""},
		{"JSON, off", `{"cache": false}`, "{true 0s []}", ""},
		{"JSON, no age", `{"cache": {"max_age": "0s"}}`, "{false 0s []} Invalid max_age", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			parse := hclsyntax.ParseConfig
			if strings.HasPrefix(c.text, "{") {
				parse = func(src []byte, name string, _ hcl.Pos) (*hcl.File, hcl.Diagnostics) { return json.Parse(src, name) }
			}
			f, diags := parse([]byte(c.text), "x.hcl", hcl.InitialPos)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var m Meta
			_, set, diags := decode.Part(source(f.Body), f.Body, &m)
			var o any = ""
			if !diags.HasErrors() {
				o, diags = m.Check(set)
			}
			if got := said(o, diags); got != c.want {
				t.Errorf("a step: got %s, want %s", got, c.want)
			}
			if c.build == "" {
				c.build = c.want
			}
			build, _, diags := Build(source(f.Body), f.Body)
			if got := said(build, diags); got != c.build {
				t.Errorf("a build: got %s, want %s", got, c.build)
			}
		})
	}
}

func said(o any, diags hcl.Diagnostics) string {
	all := []string{fmt.Sprint(o)}
	for _, d := range diags {
		all = append(all, d.Summary)
	}
	return strings.TrimSpace(strings.Join(all, " "))
}

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"scripts/a.sh", "scripts/deep/b.yml", "setup.sh"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, want := range map[string]string{
		"setup.sh": "setup.sh", "scripts": "scripts", "*.sh": "setup.sh", "s*": "scripts setup.sh", "scripts/*": "scripts/a.sh scripts/deep",
		"scripts/**": "scripts", "scripts/**/*.yml": "scripts", "**": ".", "scr**": "scripts", "*/**": "scripts setup.sh", "none": "", "none/**": "", "[": "",
	} {
		if got := strings.Join(Find(pattern), " "); got != want {
			t.Errorf("%s: got %q, want %q", pattern, got, want)
		}
	}
}
