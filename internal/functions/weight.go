package functions

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// maxNodes is how many elements a value may have, those inside of others counted.
const maxNodes = 2_000_000

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
