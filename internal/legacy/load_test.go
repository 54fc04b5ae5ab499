package legacy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/functions"
)

var start = time.Date(2026, 3, 1, 14, 5, 9, 0, time.UTC)

// evaluate gives the option text of the first builder. Locals are evaluated
// again until all are known, so that their order does not matter.
func evaluate(t *testing.T, f *hcl.File) string {
	t.Helper()
	vars, locals := map[string]cty.Value{}, map[string]cty.Value{}
	ctx := &hcl.EvalContext{Functions: functions.Table(".", start, nil), Variables: map[string]cty.Value{}}
	path := map[string]cty.Value{"root": cty.StringVal("root"), "cwd": cty.StringVal("cwd")}
	blocks := f.Body.(*hclsyntax.Body).Blocks
	for range blocks {
		ctx.Variables = map[string]cty.Value{"var": cty.ObjectVal(vars), "local": cty.ObjectVal(locals), "path": cty.ObjectVal(path)}
		for _, b := range blocks {
			switch b.Type {
			case "variable":
				vars[b.Labels[0]] = cty.NullVal(cty.String)
				if attr := b.Body.Attributes["default"]; attr != nil {
					vars[b.Labels[0]], _ = attr.Expr.Value(&hcl.EvalContext{Functions: functions.Defaults()})
				}
			case "local":
				if value, diags := b.Body.Attributes["expression"].Expr.Value(ctx); !diags.HasErrors() {
					locals[b.Labels[0]] = value
				}
			case "locals":
				for name, attr := range b.Body.Attributes {
					locals[name], _ = attr.Expr.Value(ctx)
				}
			}
		}
	}
	value, diags := blocks[0].Body.Attributes["text"].Expr.Value(ctx)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if value.Type() == cty.Number {
		return value.AsBigFloat().Text('f', -1)
	}
	return value.AsString()
}

// TestLoad has what Packer 1.6.6 makes of the same templates and values.
func TestLoad(t *testing.T) {
	const variables = `"x": "dx", "y": "dy", "z": "{{user 'x'}}-z", "w": "{{env 'WHO'}}", "a.b": "1"`
	const all = "{{user 'x'}} {{user 'y'}} {{user 'z'}} {{user 'w'}} {{user 'a.b'}}"
	for _, c := range []struct{ name, variables, text, vars, file, want string }{
		{"defaults", variables, all, "", "", "dx dy dx-z me 1"},
		{"a variable in a value", variables, all, "x={{user 'y'}}!", "", "dy! dy dy!-z me 1"},
		{"the environment in a value", variables, all, "x={{env 'WHO'}}!", "", "me! dy me!-z me 1"},
		{"a function in a value", variables, all, "x={{upper 'a'}}", "", "A dy A-z me 1"},
		{"a place in a value", variables, all, "x={{template_dir}}", "", "root dy root-z me 1"},
		{"values one in another", variables, all, "x={{user 'y'}}|y={{env 'WHO'}}", "", "me me me-z me 1"},
		{"a name that HCL has not", variables, all, "a.b=q", "", "dx dy dx-z me q"},
		{"no such variable", variables, all, "nope={{user 'y'}}", "", "dx dy dx-z me 1"},
		{"no name", variables, all, "=x", "", "dx dy dx-z me 1"},
		{"blanks around a name", variables, all, " x = 5", "", "dx dy dx-z me 1"},
		{"an equals sign", variables, all, "x=a=b", "", "a=b dy a=b-z me 1"},
		{"the last one", variables, all, "x=1|x=2", "", "2 dy 2-z me 1"},
		{"a template in a file", variables, all, "", `{"x": "{{user 'y'}}"}`, "dy dy dy-z me 1"},
		{"null in a file", variables, all, "", `{"x": null}`, " dy -z me 1"},
		{"no such variable in a file", variables, all, "", `{"nope": "5"}`, "dx dy dx-z me 1"},
		{"twice in a file", variables, all, "", `{"x": "1", "x": "2"}`, "2 dy 2-z me 1"},
		{"more than a file", variables, all, "x=first", `{"x": "last"}`, "first dy first-z me 1"},
		{"names that HCL has not", `"my var": "1", "1x": "2"`, "{{user 'my var'}} {{user '1x'}}", "my var=q|1x=w", "", "q w"},
		{"names in two cases", `"My": "1", "my": "2"`, "{{user 'My'}} {{user 'my'}}", "my=9", "", "1 9"},
		{"names that HCL would mix up", `"a.b": "1", "a_b": "2"`, "{{user 'a.b'}} {{user 'a_b'}}", "a_b=9", "", "1 9"},
		{"undeclared", "", "{{user 'x'}}", "", "", ""},
		{"undeclared and given", "", "{{user 'x'}}", "x=given", "", "given"},
		{"undeclared and given to a default", `"x": "{{user 'q'}}"`, "{{user 'x'}}", "q=1", "", "1"},
		{"undeclared and a template", `"x": "1"`, "{{user 'q'}}", "q={{user 'x'}}-{{env 'WHO'}}", "", "1-me"},
		{"required and empty", `"x": null`, "{{user 'x'}}", "x=", "", ""},
		{"defaults one in another", `"x": "{{user 'y'}}", "y": "{{env 'NOBODY'}}{{env 'WHO'}}"`, "{{user 'x'}}", "", "", "me"},
		{"for the component", `"x": "{{ .Vars }}"`, "{{user 'x'}}", "", "", "{{ .Vars }}"},
		{
			"the time", `"x": "{{timestamp}} {{isotime}}"`, "{{user 'x'}} {{timestamp}} {{isotime '2006'}} {{strftime '%H'}}", "", "",
			"1772373909 2026-03-01T14:05:09Z 1772373909 2026 14",
		},
		{"the time alone", "", "{{timestamp}}", "", "", "1772373909"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("WHO", "me")
			t.Chdir(t.TempDir())
			o := Options{Shapes: shapes}
			if c.vars != "" {
				o.Vars = strings.Split(strings.ReplaceAll(c.vars, "'", "`"), "|")
			}
			if c.file != "" {
				o.VarFiles = []string{"values"}
				if err := os.WriteFile("values", []byte(strings.ReplaceAll(c.file, "'", "`")), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			src := fmt.Sprintf(`{"variables": {%s}, "builders": [{"type": "t", "text": "%s"}]}`, c.variables, c.text)
			f, diags := Load("a.json", []byte(strings.ReplaceAll(src, "'", "`")), o)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := evaluate(t, f); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestPlaces looks where in the JSON the parts of the HCL are said to be.
func TestPlaces(t *testing.T) {
	src := []byte("{\"variables\": {\"x\": \"1\"},\n \"builders\": [{\"type\": \"t\", \"text\": \"a{{user `x`}}\", \"list\": \"a,b\", \"map\": [{\"k\": true}], \"block\": {\"text\": 5}}],\n" +
		" \"provisioners\": [{\"type\": \"p\", \"override\": {\"t\": {\"list\": \"c\"}}}]}")
	f, diags := Load("a.json", src, Options{Shapes: shapes, Vars: []string{"x=2"}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	cut := func(r hcl.Range) string { return string(r.SliceBytes(src)) }
	blocks := map[string]*hclsyntax.Block{}
	for _, b := range f.Body.(*hclsyntax.Body).Blocks {
		blocks[b.Type] = b
	}
	source, step := blocks["source"].Body, blocks["build"].Body.Blocks[0]
	items := func(b *hclsyntax.Body, name string) []hclsyntax.Expression {
		return b.Attributes[name].Expr.(*hclsyntax.TupleConsExpr).Exprs
	}
	override := step.Body.Attributes["override"].Expr.(*hclsyntax.ObjectConsExpr).Items[0]
	for _, c := range []struct{ what, got, want string }{
		{"a builder", cut(blocks["source"].DefRange()), `"type": "t"`},
		{"an option", cut(source.Attributes["text"].SrcRange), "\"text\": \"a{{user `x`}}\""},
		{"its name", cut(source.Attributes["text"].NameRange), `"text"`},
		{"its value", cut(source.Attributes["text"].Expr.Range()), "\"a{{user `x`}}\""},
		{"an item of a text", cut(items(source, "list")[1].Range()), `"a,b"`},
		{"what is in a map", cut(source.Attributes["map"].Expr.(*hclsyntax.ObjectConsExpr).Items[0].ValueExpr.Range()), `true`},
		{"an option of a block", cut(source.Blocks[0].Body.Attributes["text"].Expr.Range()), `5`},
		{"a provisioner", cut(step.DefRange()), `"type": "p"`},
		{"a builder in an override", cut(override.KeyExpr.Range()), `"t"`},
		{"an override", cut(override.ValueExpr.Range()), `{"list": "c"}`},
		{"a variable", cut(blocks["variable"].DefRange()), `"x"`},
		{"a value given", cut(blocks["local"].Body.Attributes["expression"].Expr.Range()), `"x"`},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
}

// TestLarge loads templates on which careless code would need minutes.
func TestLarge(t *testing.T) {
	nested := func(open, within, end string, n int) string {
		return strings.Repeat(open, n) + within + strings.Repeat(end, n)
	}
	for name, value := range map[string]string{
		"lists in lists":     nested("[", "", "]", 5000),
		"objects in objects": nested(`{"a":`, "1", "}", 5000),
		"variables":          `"` + strings.Repeat("{{user `x`}}", 5000) + `"`,
		"braces":             `"` + strings.Repeat("{{", 50000) + `"`,
		"quotes":             `"` + strings.Repeat("{{`", 50000) + `"`,
		"calls in one":       `"{{if ` + strings.Repeat("(user `x`) (timestamp) ", 2000) + `}}{{end}}"`,
		"parentheses":        `"{{` + strings.Repeat("(", 20000) + `}}"`,
		"commas":             `"` + strings.Repeat(",", 5000) + `"`,
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			src := fmt.Sprintf(`{"variables": {"x": "1"}, "builders": [{"type": "t", "text": %s, "list": %[1]s}]}`, value)
			if f, diags := Load("a.json", []byte(src), Options{Shapes: shapes}); f == nil {
				t.Error(diags)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}
