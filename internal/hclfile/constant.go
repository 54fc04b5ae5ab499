package hclfile

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// ConstantBool is the value of an attribute that takes true or false, and no
// variables; false when attr is nil.
func ConstantBool(attr *hcl.Attribute) (bool, hcl.Diagnostics) {
	if attr == nil {
		return false, nil
	}
	value, diags := attr.Expr.Value(nil)
	if diags.HasErrors() {
		return false, diags
	}
	b, err := convert.Convert(value, cty.Bool)
	if err != nil || b.IsNull() || !b.IsKnown() {
		return false, append(diags, Error(attr.Expr.Range().Ptr(), fmt.Sprintf("Unsuitable value for %q", attr.Name), "Write true or false."))
	}
	return b.True(), diags
}

// Constant complains of an attribute whose value takes evaluation; nil is none.
func Constant(attr *hcl.Attribute) hcl.Diagnostics {
	if attr == nil {
		return nil
	}
	_, diags := attr.Expr.Value(nil)
	return diags
}
