package buildvars

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
)

// Decide says whether an expression does more with build.* than pass it on.
func Decide(e hcl.Expression) bool {
	if _, diags := hcl.AbsTraversalForExpr(e); !diags.HasErrors() {
		return false
	}
	return slices.ContainsFunc(e.Variables(), func(v hcl.Traversal) bool { return v.RootName() == "build" })
}
