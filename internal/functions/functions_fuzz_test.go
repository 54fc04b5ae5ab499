package functions

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// FuzzFunction calls each function with arguments written as an expression
// gives them: none may panic or want more memory than there is.
func FuzzFunction(f *testing.F) {
	table := Table(f.TempDir(), time.Unix(0, 0))
	names := slices.Sorted(maps.Keys(table))
	for i := range names {
		for _, args := range []string{"", `"a"`, `"a", "b"`, `["a"], 1`, `{ a = null }`, `later`, `"%d", -1`, `1e9, 1e9`, `null, []`} {
			f.Add(uint8(i), args)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, args string) {
		name := names[int(which)%len(names)]
		if name == "bcrypt" || name == "file" || name == "filebase64" {
			return // slow on purpose; of this machine's files
		}
		expr, diags := hclsyntax.ParseExpression([]byte(name+"("+args+")"), "x", hcl.InitialPos)
		if diags.HasErrors() {
			return
		}
		value, diags := expr.Value(&hcl.EvalContext{Functions: table, Variables: map[string]cty.Value{
			"later": cty.UnknownVal(cty.String),
		}})
		if !diags.HasErrors() && value == cty.NilVal {
			t.Errorf("%s(%s) has neither a value nor a fault", name, args)
		}
	})
}
