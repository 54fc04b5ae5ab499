package hclfile

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestProblem(t *testing.T) {
	const source = "build {\n  provisioner \"shell\" {\n  }\n}\n"
	file, diags := hclsyntax.ParseConfig([]byte(source), "a.pkr.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	at := file.Body.(*hclsyntax.Body).Blocks[0].Body.Blocks[0].DefRange()
	got := Problem(map[string]*hcl.File{"a.pkr.hcl": file}, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: "Odd", Detail: "Think again.", Subject: &at,
	}, 0)
	want := ui.Problem{
		Severity: "warning", Summary: "Odd", Detail: "Think again.", File: "a.pkr.hcl", Line: 2, Column: 3,
		Text: "Warning: Odd\n\n  on a.pkr.hcl line 2, in build:\n   2:   provisioner \"shell\" {\n\nThink again.\n\n",
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestValues: the values of names are shown, unless they fill the screen.
func TestValues(t *testing.T) {
	for _, c := range []struct {
		value cty.Value
		shown bool
	}{
		{cty.StringVal("a little"), true},
		{cty.StringVal(strings.Repeat("x", 5000)), false},
		{cty.UnknownVal(cty.String), false},
	} {
		expr, diags := hclsyntax.ParseExpression([]byte("a + 1"), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		d := hcl.Diagnostic{
			Summary: "Odd", Subject: expr.Range().Ptr(), Expression: expr,
			EvalContext: &hcl.EvalContext{Variables: map[string]cty.Value{"a": c.value}},
		}
		text := Problem(map[string]*hcl.File{"x": {Bytes: []byte("a + 1")}}, &d, 0).Text
		if strings.Contains(text, `with a as "`) != c.shown || len(text) > 1000 {
			t.Errorf("%s; want its value: %t", text, c.shown)
		}
	}
}
