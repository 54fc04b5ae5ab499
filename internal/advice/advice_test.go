package advice

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

func parse(t *testing.T, text string) (hcl.Expression, map[string]*hcl.File) {
	t.Helper()
	expr, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return expr, map[string]*hcl.File{"x": {Bytes: []byte(text)}}
}

func TestExplain(t *testing.T) {
	base := &hcl.EvalContext{
		Functions: map[string]function.Function{"upper": stdlib.UpperFunc, "regex": stdlib.RegexFunc},
		Variables: map[string]cty.Value{"var": cty.EmptyObjectVal, "local": cty.ObjectVal(map[string]cty.Value{
			"m": cty.ObjectVal(map[string]cty.Value{"name": cty.True, "size": cty.True}),
		})},
	}
	inner := base.NewChild()
	inner.Variables = map[string]cty.Value{"build": cty.EmptyObjectVal}
	inDefault := &hcl.EvalContext{Functions: map[string]function.Function{"env": stdlib.UpperFunc}}
	cases := []struct {
		text string
		ctx  *hcl.EvalContext
		want string
	}{
		{`uper("a")`, inner, `There is no function named "uper". Did you mean "upper"?`},
		{`nope("a")`, inner, `There is no function named "nope".`},
		{`tolist("a")`, inner, `There is no function named "tolist"; write convert(VALUE, list(string)).`},
		{`upper("a")`, inDefault, `The default of a variable can call only env(). A local can have any expression: locals { x = upper(...) }.`},
		{`root`, inner, `There is no variable named "root". A text stands in quotes: "root". A variable is written var.root, a local local.root.`},
		{`count.index`, inner, `There is no variable named "count". Names begin with one of: build, local, var.`},
		{`local.m.nmae.x`, inner, `This object does not have an attribute named "nmae". Did you mean "name"? It has: name, size.`},
		{`local.x`, inner, `This object does not have an attribute named "x". It has: m.`},
		{`var.x`, inner, `This object does not have an attribute named "x".`},
		{`local.m["x"]`, inner, `The given key does not identify an element in this collection value.`},
		{`vars.x`, inner, `There is no variable named "vars". Did you mean "var"?`},
		{`var.x`, inDefault, `The default of a variable is a constant or env("NAME"). A local can refer to others: locals { x = ... }.`},
		{`var.x`, nil, `Only a constant can stand here, without variables and locals.`},
		{`regex("x", "a")`, inner, `Call to function "regex" failed: pattern did not match any part of the given string. Where that may be, write try(regex(...), "").`},
	}
	for _, c := range cases {
		expr, files := parse(t, c.text)
		_, diags := expr.Value(c.ctx)
		Explain(diags, files)
		if len(diags) != 1 || diags[0].Detail != c.want {
			t.Errorf("%s: got %v\nwant %s", c.text, diags, c.want)
		}
	}
}

func TestExplainType(t *testing.T) {
	for text, want := range map[string]string{
		`"string"`:     `A type stands without quotes: type = string.`,
		`"list"`:       `A type stands without quotes, and says what is in it: type = list(string).`,
		`map`:          `The type map says what is in it: type = map(string).`,
		`object`:       `The type object says what is in it: type = object({ name = string }).`,
		`tuple`:        `The type tuple says what is in it: type = tuple([string, number]).`,
		`strng`:        `There is no type "strng". Did you mean "string"?`,
		`path`:         `There is no type "path". There are: string, number, bool, any, list, set, map, object, tuple.`,
		`list(strng)`:  `There is no type "strng". Did you mean "string"?`,
		`lst(string)`:  `Keyword "lst" is not a valid type constructor.`,
		`"list(strg)"`: `A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).`,
	} {
		expr, files := parse(t, text)
		_, diags := typeexpr.TypeConstraint(expr)
		Explain(diags, files)
		if len(diags) != 1 || diags[0].Detail != want {
			t.Errorf("%s: got %v\nwant %s", text, diags, want)
		}
	}
	d := hcl.Diagnostics{{Summary: "Invalid type specification", Detail: "as it was"}}
	if Explain(d, nil); d[0].Detail != "as it was" {
		t.Errorf("without a place: %s", d[0].Detail)
	}
}

func TestSoften(t *testing.T) {
	diags := hcl.Diagnostics{
		{Severity: hcl.DiagError, Detail: "It comes later.", Extra: decode.AtBuild{}},
		{Severity: hcl.DiagError, Detail: "It is wrong."},
	}
	Soften(diags)
	if d := diags[0]; d.Severity != hcl.DiagWarning || d.Detail != "It comes later. A build will refuse it." {
		t.Errorf("got %v", d)
	}
	if d := diags[1]; d.Severity != hcl.DiagError || d.Detail != "It is wrong." {
		t.Errorf("got %v", d)
	}
}
