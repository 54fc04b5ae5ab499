package functions

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestForesee(t *testing.T) {
	many := make([]cty.Value, maxNodes/2)
	for i := range many {
		many[i] = cty.Zero
	}
	ctx := &hcl.EvalContext{Functions: Table(".", time.Now()), Variables: map[string]cty.Value{"local": cty.ObjectVal(map[string]cty.Value{
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
		{"loops", `[for a in range(1000): [for b in range(1000): a]]`, false},
		{"loops within loops", `[for a in range(1000): [for b in range(1000): [for c in range(1000): a]]]`, true},
		{"with keys", `{for a in range(1000): a => {for b in range(1000): b => {for c in range(1000): c => a}}}`, true},
		{"in a function's argument", `length([for a in range(1000): [for b in range(1000): [for c in range(1000): a]]])`, true},
		{"in a text", `"%{ for a in range(1000) }%{ for b in range(1000) }%{ for c in range(1000) }x%{ endfor }%{ endfor }%{ endfor }"`, true},
		{"in what is gone through", `[for x in [for a in range(1000): [for b in range(1000): [for c in range(1000): a]]]: 1]`, true},
		{"one after the other", `[for a in [for b in [for c in range(1000): c]: b]: a]`, false},
		{"side by side", `[[for a in range(1000): a], [for a in range(1000): a], [for a in range(1000): a]]`, false},
		{"over what another loop gives", `[for a in [[1], [2]]: [for b in a: b]]`, false},
		{"over nothing known", `[for a in local.later: [for b in range(1000): b]]`, false},
		{"not there", `local.none`, false},
	} {
		e, diags := hclsyntax.ParseExpression([]byte(c.text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		if err := Foresee(e, ctx); err.HasErrors() != c.fails {
			t.Errorf("%s: %v; want an error: %t", c.name, err, c.fails)
		}
	}
}
