package hclfile

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// References lists what the expressions in a body of a file refer to; those of
// dynamic blocks include their iterators.
func References(body hcl.Body) []hcl.Traversal {
	syntax, native := body.(*hclsyntax.Body)
	if !native { // JSON, where a block is an object
		attrs, _ := body.JustAttributes() // what is wrong is said when it is decoded
		var refs []hcl.Traversal
		for _, attr := range InOrder(attrs) {
			refs = append(refs, attr.Expr.Variables()...)
		}
		return refs
	}
	var refs []hcl.Traversal
	for _, attr := range syntax.Attributes {
		refs = append(refs, attr.Expr.Variables()...)
	}
	for _, b := range syntax.Blocks {
		refs = append(refs, References(b.Body)...)
	}
	return refs
}

// DynamicReferences lists what decides which blocks the dynamic ones of a body
// become. Those in JSON cannot be told from others, so all count.
func DynamicReferences(b *hcl.Block) []hcl.Traversal {
	syntax, native := b.Body.(*hclsyntax.Body)
	if !native {
		return References(b.Body)
	}
	return dynamicReferences(b.Type, syntax)
}

func dynamicReferences(kind string, body *hclsyntax.Body) []hcl.Traversal {
	var refs []hcl.Traversal
	for name, attr := range body.Attributes {
		if name == "for_each" || name == "labels" && kind == "dynamic" {
			refs = append(refs, attr.Expr.Variables()...)
		}
	}
	for _, b := range body.Blocks {
		refs = append(refs, dynamicReferences(b.Type, b.Body)...)
	}
	return refs
}

// Step is the name at place i of a reference: 1 is X of var.X; "" when there is
// none, or when it is not constant.
func Step(ref hcl.Traversal, i int) string {
	if len(ref) <= i {
		return ""
	}
	switch step := ref[i].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}
