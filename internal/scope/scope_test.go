package scope

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// load makes a scope of the blocks in text.
func load(t *testing.T, text string, in Inputs) (*Scope, hcl.Diagnostics) {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "x.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, diags := f.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "variables"},
		{Type: "local", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "other"},
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := New("root", time.Unix(0, 0), map[string]*hcl.File{"x.hcl": f})
	for _, b := range content.Blocks {
		s.Declare(b)
	}
	s.SetVariables(in)
	s.EvaluateLocals()
	return s, s.Diagnostics()
}

func value(t *testing.T, s *Scope, text string) (string, hcl.Diagnostics) {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "expr", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := s.Evaluator(s.Within(map[string]cty.Value{"build": cty.EmptyObjectVal}))(expr)
	if diags.HasErrors() || !v.IsWhollyKnown() {
		return "unknown", diags
	}
	out, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		t.Fatal(err)
	}
	return string(out), diags
}

func TestValues(t *testing.T) {
	cases := []struct {
		name, text string
		vars       []string
		expr, want string
	}{
		{"default", `variable "x" { default = 1 }`, nil, `var.x`, `1`},
		{"text for a string", `variable "x" { type = string }`, []string{"x=a=b"}, `var.x`, `"a=b"`},
		{"text for a number", `variable "x" { type = number }`, []string{"x=12"}, `var.x`, `12`},
		{"text without a type", `variable "x" {}`, []string{"x=[1]"}, `var.x`, `"[1]"`},
		{"text for any type", `variable "x" { type = any }`, []string{"x=[1]"}, `var.x`, `"[1]"`},
		{"expression for a bool", `variable "x" { type = bool }`, []string{"x=true"}, `var.x`, `true`},
		{"expression for a list", `variable "x" { type = list(string) }`, []string{`x=["a", 1]`}, `var.x`, `["a","1"]`},
		{"expression, by the default", `variable "x" { default = [] }`, []string{`x=["a", "b"]`}, `var.x`, `["a","b"]`},
		{"text, by the default", `variable "x" { default = "s" }`, []string{`x=["a"]`}, `var.x`, `"[\"a\"]"`},
		{"number, by the default", `variable "x" { default = 1 }`, []string{`x=2`}, `var.x`, `2`},
		{"the last one wins", `variable "x" {}`, []string{"x=1", "x=2"}, `var.x`, `"2"`},
		{"empty", `variable "x" {}`, []string{"x="}, `var.x`, `""`},
		{"null", `variable "x" { default = null }`, nil, `var.x`, `null`},
		{
			"optional attributes", `variable "x" { type = object({ a = string, b = optional(number, 3), c = optional(string) }) }`,
			[]string{`x={ a = "A" }`},
			`var.x`, `{"a":"A","b":3,"c":null}`,
		},
		{"locals in any order", "locals {\n a = local.b + 1\n b = local.c + 1\n}\nlocal \"c\" {\n expression = 1\n}", nil, `local.a`, `3`},
		{"locals of variables", "variable \"x\" { default = \"w\" }\nlocals { a = \"${var.x}!\" }", nil, `local.a`, `"w!"`},
		{"paths", ``, nil, `path.root`, `"root"`},
		{"version", ``, nil, `packer.version`, `"1.16.0"`},
		{"functions", ``, nil, `upper("a")`, `"A"`},
		{"other blocks are left alone", `other {}`, nil, `1`, `1`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, diags := load(t, c.text, Inputs{Vars: c.vars})
			got, more := value(t, s, c.expr)
			if diags = append(diags, more...); diags.HasErrors() || got != c.want {
				t.Errorf("%s = %s, %v; want %s", c.expr, got, diags, c.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	cases := []struct {
		name, text string
		vars       []string
		want       string
	}{
		{"two locals in a circle", "locals {\n a = local.b\n b = local.a\n}", nil, "local.a -> local.b -> local.a."},
		{"a local of itself", `locals { a = local.a }`, nil, "local.a -> local.a."},
		{"the circle begins where it is entered", "locals {\n a = local.b\n b = local.c\n c = local.b\n}", nil, "local.b -> local.c -> local.b."},
		{"undeclared", "locals { a = var.nobody }", nil, `There is no variable "nobody".`},
		{"undeclared by index", "variable \"some\" { default = 1 }\nlocals { a = var[\"soem\"] }", nil, `There is no variable "soem". Did you mean "some"?`},
		{"local without an expression", `local "a" {}`, nil, "Missing required argument"},
		{"failed default", `variable "x" { default = upper("a") }`, nil, `Call to unknown function; There is no function named "upper".`},
		{"failed condition", "variable \"x\" {\n default = 1\n validation {\n condition = var.x.y\n error_message = \"No.\"\n }\n}", nil, "Unsupported attribute"},
		{"no bool", "variable \"x\" {\n default = 1\n validation {\n condition = [var.x]\n error_message = \"No.\"\n }\n}", nil, "The condition must be true or false."},
		{"condition of nothing", "variable \"x\" {\n default = 1\n validation {\n condition = true\n error_message = \"No.\"\n }\n}", nil, "The condition must refer to var.x, else it checks nothing."},
		{"computed message", "variable \"x\" {\n default = 1\n validation {\n condition = var.x == 1\n error_message = \"No ${x}.\"\n }\n}", nil, "A constant string is needed"},
		{"undeclared argument", `variable "colour" { default = 1 }`, []string{"color=1"}, `Did you mean "colour"?`},
		{"several errors in a type", `variable "x" { type = map }`, nil, "map"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, diags := load(t, c.text, Inputs{Vars: c.vars})
			var said []string
			for _, d := range diags {
				said = append(said, d.Error())
			}
			if all := strings.Join(said, "\n"); !strings.Contains(all, c.want) {
				t.Errorf("got %s; want %q", all, c.want)
			}
		})
	}
}

func TestKnow(t *testing.T) {
	s, _ := load(t, ``, Inputs{})
	if _, diags := value(t, s, `build.Hots`); !strings.Contains(diags.Error(), "Unsupported attribute") {
		t.Errorf("before Know: %v", diags)
	}
	s.Know("build", []string{"Host", "ID"})
	if _, diags := value(t, s, `build.Hots`); !strings.Contains(diags.Error(), `There is no build value "Hots". Did you mean "Host"?`) {
		t.Errorf("after Know: %v", diags)
	}
}

func TestSecrets(t *testing.T) {
	s, diags := load(t, `
variable "plain" { default = "plain" }
variable "list" {
  sensitive = true
  default   = ["one", { two = "2\r\ntwo\n" }, 3, null, "", " "]
}
local "sum" {
  expression = "${var.plain}+"
  sensitive  = true
}`, Inputs{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if want := []string{"one", "2\r\ntwo\n", "2", "two", "plain+"}; !slices.Equal(s.Secrets(), want) {
		t.Errorf("the secrets are %q; want %q", s.Secrets(), want)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"one.hcl": "a = 1\nb = 1\nnobody = 1", "two.json": `{"b": 2}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, diags := load(t, "variables {\n a = 0\n b = 0\n c = 0\n}", Inputs{
		Files: []string{filepath.Join(dir, "one.hcl"), filepath.Join(dir, "two.json")}, Vars: []string{"c=3"}, WarnUndeclared: true,
	})
	if len(diags) != 1 || diags[0].Severity != hcl.DiagWarning || !strings.Contains(diags[0].Detail, `"nobody"`) {
		t.Errorf("got %v; want one warning about nobody", diags)
	}
	if got, _ := value(t, s, `[var.a, var.b, var.c]`); got != `[1,2,3]` {
		t.Errorf("the values are %s; want [1,2,3]", got)
	}
}
