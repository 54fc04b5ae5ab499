package functions

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

const (
	// maxNodes is how many elements a value may have, those inside of others counted.
	maxNodes = 2_000_000
	// slack is how many times larger than a value may be what its expression
	// names: that may be to pick a little of it.
	slack = 4
)

// Weigh returns v, or complains of it at the given range when it has grown too
// large: locals that repeat each
// other grow tenfold with each line, until they take all memory.
func Weigh(v cty.Value, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	w := weight{maxNodes, maxText}
	if w.take(v) {
		return v, nil
	}
	return cty.DynamicVal, tooLarge(at)
}

// WeighNames complains of an expression before it is evaluated, when the values
// it names, each as often as it is named, are far larger than its own may be.
func WeighNames(e hcl.Expression, ctx *hcl.EvalContext) hcl.Diagnostics {
	w := weight{slack * maxNodes, slack * maxText}
	for _, name := range e.Variables() {
		if v, diags := name.TraverseAbs(ctx); !diags.HasErrors() && !w.take(v) {
			return tooLarge(e.Range())
		}
	}
	return nil
}

// weight is how many elements and bytes of text are still allowed.
type weight struct{ nodes, bytes int }

// take allows for v; false is too much.
func (w *weight) take(v cty.Value) bool {
	v, _ = v.Unmark()
	w.nodes--
	if v.IsKnown() && !v.IsNull() {
		switch {
		case v.Type() == cty.String:
			w.bytes -= len(v.AsString())
		case v.CanIterateElements():
			for it := v.ElementIterator(); it.Next(); {
				if _, e := it.Element(); !w.take(e) {
					return false
				}
			}
		}
	}
	return w.nodes >= 0 && w.bytes >= 0
}

func tooLarge(at hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Value too large", Subject: &at,
		Detail: fmt.Sprintf("At most %d MiB of text and %d elements are allowed.", maxText>>20, maxNodes),
	}}
}
