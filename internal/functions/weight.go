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
	nodes, bytes := 0, 0
	var walk func(cty.Value) bool
	walk = func(v cty.Value) bool {
		v, _ = v.Unmark()
		nodes++
		if v.IsKnown() && !v.IsNull() {
			switch {
			case v.Type() == cty.String:
				bytes += len(v.AsString())
			case v.CanIterateElements():
				for it := v.ElementIterator(); it.Next(); {
					if _, e := it.Element(); !walk(e) {
						return false
					}
				}
			}
		}
		return nodes <= maxNodes && bytes <= maxText
	}
	if walk(v) {
		return v, nil
	}
	return cty.DynamicVal, hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Value too large", Subject: &at,
		Detail: fmt.Sprintf("At most %d MiB of text and %d elements are allowed.", maxText>>20, maxNodes),
	}}
}
