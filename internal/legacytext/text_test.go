package legacytext

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// names has every variable as var.NAME, and env where it is allowed.
type names struct{ env bool }

func (n names) Named(called, name string) (string, bool) {
	switch called {
	case "user":
		return "var." + name, true
	case "build":
		return "build." + name, hclsyntax.ValidIdentifier(name)
	}
	return "env(" + Quote(name) + ")", n.env
}

func (names) Timestamp() string { return "local.timestamp" }

func TestExpression(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", "plain", `"plain"`},
		{"nothing", "", `""`},
		{"a variable", "{{user `v`}}", `var.v`},
		{"a variable in quotes", `{{ user "v" }}`, `var.v`},
		{"a variable with text around it", "a{{user `v`}}b", `"a${var.v}b"`},
		{"two variables", "{{user `v`}}{{user `w`}}", `"${var.v}${var.w}"`},
		{"a variable without an end", "{{user `v`", "\"{{user `v`\""},
		{"a variable that is none", "{{user}}", `"{{user}}"`},
		{"a variable with a variable name", "{{user .X}}", `"{{user .X}}"`},
		{"the environment where it cannot be", "{{env `HOME`}}", "\"{{env `HOME`}}\""},
		{"the time", "a{{timestamp}}", `"a${local.timestamp}"`},
		{"the time and an argument", "{{timestamp `x`}}", "\"{{timestamp `x`}}\""},
		{"a date", "{{isotime}}", `legacy_isotime()`},
		{"a date in a layout", "{{isotime `2006`}}", `legacy_isotime("2006")`},
		{"a date in another layout", `{{strftime "%Y"}}`, `legacy_strftime("%Y")`},
		{"a place", "{{template_dir}}/{{pwd}}", `"${path.root}/${path.cwd}"`},
		{"a version", "{{packer_version}}", `packer.version`},
		{"an identity", "{{uuid}} {{ .Path }}", `"${uuidv4()} {{ .Path }}"`},
		{"a pipe", "{{ (user `v`) | lower | upper }}", `upper(lower(var.v))`},
		{"a pipe from text", "{{ `X` | lower }}", `lower("X")`},
		{"all replaced", "{{replace_all `a` `b` `c`}}", `replace("c", "a", "b")`},
		{"what HCL takes for a pattern", "{{replace_all `/a/` `b` `c`}}", "\"{{replace_all `/a/` `b` `c`}}\""},
		{"split", "{{split `a-b` `-` 1}}", `split("-", "a-b")[1]`},
		{"split without a number", "{{split `a-b` `-`}}", "\"{{split `a-b` `-`}}\""},
		{"of the machine", "{{build `ID`}}{{build `a b`}}", "\"${build.ID}{{build `a b`}}\""},
		{"a service", "{{vault `a` `b`}}", `vault("a", "b")`},
		{"a service with nothing", "{{consul_key}}", `"{{consul_key}}"`},
		{"trimmed", "{{- user `v` -}}", "\"{{- `${var.v}` -}}\""},
		{"a comment", "{{/* note */}}x", `"{{/* note */}}x"`},
		{"braces in text", "{{if `}}`}}y{{end}}", "\"{{if `}}`}}y{{end}}\""},
		{"braces in quotes", `{{if "}}\""}}y{{end}}`, `"{{if \"}}\\\"\"}}y{{end}}"`},
		{"a literal", "{{`{{`}}", "\"{{`{{`}}\""},
		{"a dollar", "$", `"$"`},
		{"a dollar before a variable", "${{user `v`}}", `"${"$"}${var.v}"`},
		{"a percent sign before a variable", "%{{user `v`}}", `"${"%"}${var.v}"`},
		{"what means something to HCL", "${x} %{if} $${y}", `"$${x} %%{if} $$${y}"`},
		{"a variable of the template", "{{$x := user `v`}}{{$x}}", "\"{{$x := `${var.v}`}}{{$x}}\""},
		{"in parentheses", "{{if eq (user `v`) `a`}}b{{end}}", "\"{{if eq `${var.v}` `a`}}b{{end}}\""},
		{"what is unknown", "{{frob `x`}}", "\"{{frob `x`}}\""},
		{"a date in what is unknown", "{{isotime | frob}}", "\"{{`${legacy_isotime()}` | frob}}\""},
		{"a layout in what is unknown", "{{isotime `2006` | frob}}", "\"{{`${legacy_isotime(\"2006\")}` | frob}}\""},
		{"dates in what is unknown", "{{frob (timestamp) (strftime \"%Y\") }}", "\"{{frob (`${local.timestamp}`) (`${legacy_strftime(\"%Y\")}`) }}\""},
		{"a date after a variable", "{{frob (user `v`) | timestamp }}", "\"{{frob `${var.v}` | `${local.timestamp}` }}\""},
		{"a date before a variable", "{{timestamp | frob (user `v`)}}", "\"{{`${local.timestamp}` | frob `${var.v}`}}\""},
		{"the trimmed time", "{{- timestamp -}}", "\"{{- `${local.timestamp}` -}}\""},
		{"a field with the name of a function", "{{ .timestamp }}", `"{{ .timestamp }}"`},
		{"many arguments", "{{isotime `a` `b`}}", "\"{{isotime `a` `b`}}\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Expression(c.in, names{})
			if got != c.want {
				t.Errorf("%s: got %s, want %s", c.in, got, c.want)
			}
			if _, diags := hclsyntax.ParseExpression([]byte(got), "x", hcl.InitialPos); diags.HasErrors() {
				t.Error(diags)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	for in, want := range map[string]string{
		"{{env `HOME`}}":         `env("HOME")`,
		"{{env \"A\"}}-x":        `"${env("A")}-x"`,
		"{{env `A` | frob}}":     "\"{{`${env(\"A\")}` | frob}}\"",
		"{{upper (env `A`)}}":    `upper(env("A"))`,
		"{{user (env `A`)}}":     "\"{{user `${env(\"A\")}`}}\"",
		"{{env `A`}}{{env `B`}}": `"${env("A")}${env("B")}"`,
	} {
		if got := Expression(in, names{env: true}); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

// TestLiterals evaluates the HCL of texts without actions: it is the same text.
func TestLiterals(t *testing.T) {
	for _, in := range []string{
		"", " ", "a\nb\tc\r", `"quoted" \ back`, "${", "%{", "$${x}", "$", "$$", "%", "%%{", "é", "\x00", "\u2028", "{{", "}}", "{", "$ {", "${}${", "a$%", "\\n",
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(Expression(in, names{})), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Errorf("%q: %s", in, diags)
			continue
		}
		if value, diags := expr.Value(nil); diags.HasErrors() || !value.RawEquals(cty.StringVal(in)) {
			t.Errorf("%q: got %#v, %v", in, value, diags)
		}
	}
}

func TestItems(t *testing.T) {
	for _, c := range []struct {
		name, in string
		items    []string
		value    []string // of the expression, with a variable v that is "a,b" and an empty one
	}{
		{"nothing", "", nil, nil},
		{"one", "a", []string{"a"}, nil},
		{"two", "a,b", []string{"a", "b"}, nil},
		{"blanks stay", "a, b", []string{"a", " b"}, nil},
		{"nothing between", "a,,b", []string{"a", "", "b"}, nil},
		{"nothing at the end", "a,", []string{"a", ""}, nil},
		{"a comma in an action", "{{frob `,`}},b", []string{"{{frob `,`}}", "b"}, nil},
		{"an action without an end", "{{a,b", []string{"{{a", "b"}, nil},
		{"a variable", "{{user `v`}}", nil, []string{"a", "b"}},
		{"a variable among others", "x,{{user `v`}},y", nil, []string{"x", "a", "b", "y"}},
		{"a variable in one", "x-{{user `v`}}-y", nil, []string{"x-a", "b-y"}},
		{"an empty variable", "{{user `empty`}}", nil, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			items, list := Items(c.in, names{})
			if strings.Join(items, "|") != strings.Join(c.items, "|") || len(items) != len(c.items) || (list != "") != (c.value != nil) {
				t.Fatalf("got %q, %q", items, list)
			}
			if list != "" {
				if got := evaluate(t, list); strings.Join(got, "|") != strings.Join(c.value, "|") {
					t.Errorf("%s: got %q", list, got)
				}
			}
		})
	}
}

func evaluate(t *testing.T, list string) []string {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(list), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	vars := map[string]cty.Value{"v": cty.StringVal("a,b"), "empty": cty.StringVal("")}
	value, diags := expr.Value(&hcl.EvalContext{
		Variables: map[string]cty.Value{"var": cty.ObjectVal(vars)},
		Functions: map[string]function.Function{"split": stdlib.SplitFunc, "compact": stdlib.CompactFunc},
	})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var all []string
	for _, v := range value.Elements() {
		all = append(all, v.AsString())
	}
	return all
}
