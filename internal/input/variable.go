// Package input is the input variables of a template: their types, their
// defaults, and the rules for their values.
package input

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/functions"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Variable is one input of a template.
type Variable struct {
	Name      string
	Kind      cty.Type // cty.DynamicPseudoType without a type
	Compound  bool     // without a type, but the default is a list or a map
	Sensitive bool
	At        hcl.Range
	Value     cty.Value // cty.NilVal until something sets it
	Invalid   bool      // its value was already complained about

	typed    bool // a type is given, or inferred from the default
	defaults *typeexpr.Defaults
	rules    []*rule
	setAt    *hcl.Range
}

// Short reads an attribute of a variables block.
func Short(attr *hcl.Attribute) (*Variable, hcl.Diagnostics) {
	v := &Variable{Name: attr.Name, Kind: cty.DynamicPseudoType, At: attr.Range}
	return v, v.setDefault(attr)
}

// Read reads a variable block; what is wrong is left out of the variable.
func Read(b *hcl.Block) (*Variable, hcl.Diagnostics) {
	content, diags := b.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
	})
	v := &Variable{Name: b.Labels[0], Kind: cty.DynamicPseudoType, At: b.DefRange}
	if content == nil {
		return v, diags
	}
	secret, more := hclfile.ConstantBool(content.Attributes["sensitive"])
	v.Sensitive, diags = secret, append(diags, more...)
	diags = append(diags, hclfile.Constant(content.Attributes["description"])...)
	if attr := content.Attributes["type"]; attr != nil {
		kind, defaults, more := typeexpr.TypeConstraintWithDefaults(attr.Expr)
		diags = append(diags, more...)
		if more.HasErrors() {
			kind, v.Invalid = cty.DynamicPseudoType, true
		}
		v.Kind, v.defaults, v.typed = kind, defaults, true
	}
	if attr := content.Attributes["default"]; attr != nil {
		diags = append(diags, v.setDefault(attr)...)
	}
	for _, b := range content.Blocks {
		diags = append(diags, v.addRule(b)...)
	}
	return v, diags
}

// setDefault evaluates a default, where env() is the only function.
func (v *Variable) setDefault(attr *hcl.Attribute) hcl.Diagnostics {
	value, diags := attr.Expr.Value(&hcl.EvalContext{Functions: functions.Defaults()})
	if diags.HasErrors() {
		v.Invalid, v.Value = true, cty.DynamicVal
		return diags
	}
	if !v.typed && !value.IsNull() {
		v.Kind, v.typed = value.Type(), true
		if value.Type().IsTupleType() || value.Type().IsObjectType() {
			v.Kind, v.Compound = cty.DynamicPseudoType, true // a value of another shape is as good
		}
	}
	at := attr.Expr.Range()
	return append(diags, v.Set(value, &at, "The default")...)
}

// Set gives the variable a value, converted to its type. Who, such as "The
// default", begins the sentence that says it does not fit.
func (v *Variable) Set(value cty.Value, at *hcl.Range, who string) hcl.Diagnostics {
	v.setAt = at
	if v.defaults != nil && !value.IsNull() && value.IsKnown() {
		value = v.defaults.Apply(value)
	}
	converted, err := frugal.Convert(value, v.Kind)
	if err != nil {
		if at == nil {
			at = &v.At
		}
		v.Spoil()
		return hcl.Diagnostics{hclfile.Error(at, fmt.Sprintf("Unsuitable value for variable %q", v.Name),
			fmt.Sprintf("%s does not fit the type of the variable, %s: %s.", who, typeexpr.TypeString(v.Kind), hclfile.TypeError(err)))}
	}
	v.Value, v.Invalid = converted, false
	return nil
}

// Spoil notes that what was to be its value was complained about.
func (v *Variable) Spoil() { v.Value, v.Invalid = cty.UnknownVal(v.Kind), true }
