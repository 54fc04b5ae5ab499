package functions

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
)

// costly is the cost of bcrypt, doubling with each step, beyond which fuzzing
// makes no progress.
const costly = 6

// FuzzFunction calls each function with arguments written as an expression
// gives them: none may panic or want more memory than there is. It sees no
// files but those of a folder of its own.
func FuzzFunction(f *testing.F) {
	dir := f.TempDir()
	f.Setenv("HOME", ".")
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("${b} %{ if true }c%{ endif }"), 0o600); err != nil {
		f.Fatal(err)
	}
	table := Table(".", time.Unix(0, 0), nil)
	names := slices.Sorted(maps.Keys(table))
	for i := range names {
		for _, args := range []string{
			"", `"a"`, `"a", "b"`, `["a"], 1`, `{ a = null }`, `later`, `"%d", -1`, `1e9, 1e9`, `null, []`, `"a", { b = 1 }`, `"a", 4`, `"a", 1e9`, `"aa", "a", "b"`,
		} {
			f.Add(uint8(i), args)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, args string) {
		t.Chdir(dir) // only now: f.Fuzz reads testdata
		name := names[int(which)%len(names)]
		ctx := &hcl.EvalContext{Functions: table, Variables: map[string]cty.Value{"later": cty.UnknownVal(cty.String)}}
		if strings.Contains(name, "file") && strings.ContainsAny(args, `/\~`) || strings.Contains(args, "bcrypt") {
			return // of this machine's files; see costly
		}
		if name == "bcrypt" && costs(args, ctx) {
			return
		}
		expr, diags := frugal.Parse([]byte(name+"("+args+")"), "x") // as all expressions of templates are
		if diags.HasErrors() {
			return
		}
		hung := time.AfterFunc(5*time.Minute, func() { panic("it takes too long") })
		defer hung.Stop()
		value, diags := expr.Value(ctx)
		if !diags.HasErrors() && value == cty.NilVal {
			t.Errorf("%s(%s) has neither a value nor a fault", name, args)
		}
	})
}

// costs says whether the arguments of bcrypt are slow to compute on purpose,
// and not refused.
func costs(args string, ctx *hcl.EvalContext) bool {
	expr, diags := hclsyntax.ParseExpression([]byte("["+args+"]"), "x", hcl.InitialPos)
	if diags.HasErrors() {
		return false
	}
	all, diags := expr.Value(ctx)
	if diags.HasErrors() || !all.IsWhollyKnown() || !all.CanIterateElements() {
		return false
	}
	if all.LengthInt() == 1 {
		return true // by default
	}
	for i, v := range all.AsValueSlice() {
		if i == 1 && v.Type() == cty.Number && !v.IsNull() {
			cost, _ := v.AsBigFloat().Float64()
			return cost > costly && cost <= maxCost || cost < 4 // for which 10 is taken
		}
		if i == 1 {
			return true // a text may be a number, too
		}
	}
	return false
}
