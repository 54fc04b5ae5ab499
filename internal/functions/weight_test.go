package functions

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
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
