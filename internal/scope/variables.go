package scope

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/input"
	"github.com/ovenbird-io/ovenbird/internal/literal"
)

func (s *Scope) declareVariables(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	s.diags = append(s.diags, diags...)
	for _, attr := range hclfile.InOrder(attrs) {
		s.addVariable(input.Short(attr))
	}
}

func (s *Scope) addVariable(v *input.Variable, diags hcl.Diagnostics) {
	s.diags = append(s.diags, diags...)
	if first := s.variables[v.Name]; first != nil {
		s.diags = append(s.diags, hclfile.Duplicate(v.At, first.At, "Duplicate variable",
			fmt.Sprintf("The variable %q is already declared at %s.", v.Name, first.At)))
		return
	}
	s.variables[v.Name] = v
}

// addSecret keeps every text in value, and each line of it.
func (s *Scope) addSecret(value cty.Value) {
	s.hide(literal.Texts(value)...)
}

// constantBool is the value of an optional attribute that takes true or false.
func (s *Scope) constantBool(attr *hcl.Attribute) bool {
	value, diags := hclfile.ConstantBool(attr)
	s.diags = append(s.diags, diags...)
	return value
}
