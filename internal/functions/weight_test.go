package functions

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestWeigh(t *testing.T) {
	laugh := cty.StringVal("ha")
	for range 9 {
		laugh = cty.TupleVal([]cty.Value{laugh, laugh, laugh, laugh, laugh, laugh, laugh, laugh, laugh, laugh})
	}
	cases := []struct {
		name  string
		value cty.Value
		fails bool
	}{
		{"a text", cty.StringVal("a"), false},
		{"null", cty.NullVal(cty.String), false},
		{"not known", cty.DynamicVal, false},
		{"a long text", cty.StringVal(strings.Repeat("x", maxText+1)), true},
		{"lists of lists", laugh, true},
	}
	for _, c := range cases {
		if _, err := Weigh(c.value, hcl.Range{}); err.HasErrors() != c.fails {
			t.Errorf("%s: %v; want an error: %t", c.name, err, c.fails)
		}
	}
}

func TestWeighNames(t *testing.T) {
	many := make([]cty.Value, maxNodes/2)
	for i := range many {
		many[i] = cty.Zero
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{
		"text": cty.StringVal(strings.Repeat("x", maxText/2)), "many": cty.TupleVal(many), "later": cty.DynamicVal,
		"both": cty.ObjectVal(map[string]cty.Value{"text": cty.StringVal(strings.Repeat("x", maxText)), "little": cty.StringVal("x")}),
	})}}
	for _, c := range []struct {
		name, text string
		fails      bool
	}{
		{"nothing", `1`, false},
		{"one", `local.text`, false},
		{"some of it", `substr(local.both.text, 0, 1)`, false},
		{"no more than is named", `[` + strings.Repeat(`local.both.little, `, 20) + `]`, false},
		{"texts", `"` + strings.Repeat(`${local.text}`, 9) + `"`, true},
		{"lists", `[` + strings.Repeat(`local.many, `, 9) + `]`, true},
		{"not known", strings.Repeat(`local.later + `, 20) + `1`, false},
		{"not there", `local.none`, false},
	} {
		e, diags := hclsyntax.ParseExpression([]byte(c.text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if err := WeighNames(e, ctx); err.HasErrors() != c.fails {
			t.Errorf("%s: %v; want an error: %t", c.name, err, c.fails)
		}
	}
}
