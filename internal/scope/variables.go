package scope

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/functions"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/literal"
)

// variable is one input of the template.
type variable struct {
	name      string
	kind      cty.Type // cty.DynamicPseudoType without a type
	typed     bool     // a type is given, or inferred from the default
	compound  bool     // without a type, but the default is a list or a map
	defaults  *typeexpr.Defaults
	sensitive bool
	checks    []*check
	at        hcl.Range

	value   cty.Value // cty.NilVal until something sets it
	setAt   *hcl.Range
	invalid bool // its value was already complained about
}

func (s *Scope) declareVariables(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	s.diags = append(s.diags, diags...)
	for _, attr := range hclfile.InOrder(attrs) {
		v := &variable{name: attr.Name, kind: cty.DynamicPseudoType, at: attr.Range}
		s.addVariable(v)
		s.setDefault(v, attr)
	}
}

func (s *Scope) declareVariable(b *hcl.Block) {
	content, diags := b.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
	})
	s.diags = append(s.diags, diags...)
	v := &variable{name: b.Labels[0], kind: cty.DynamicPseudoType, at: b.DefRange}
	s.addVariable(v)
	if content == nil {
		return
	}
	v.sensitive = s.constantBool(content.Attributes["sensitive"])
	s.diags = append(s.diags, hclfile.Constant(content.Attributes["description"])...)
	if attr := content.Attributes["type"]; attr != nil {
		kind, defaults, diags := typeexpr.TypeConstraintWithDefaults(attr.Expr)
		s.diags = append(s.diags, diags...)
		if diags.HasErrors() {
			kind, v.invalid = cty.DynamicPseudoType, true
		}
		v.kind, v.defaults, v.typed = kind, defaults, true
	}
	if attr := content.Attributes["default"]; attr != nil {
		s.setDefault(v, attr)
	}
	for _, b := range content.Blocks {
		s.declareCheck(v, b)
	}
}

func (s *Scope) addVariable(v *variable) {
	if first := s.variables[v.name]; first != nil {
		s.diags = append(s.diags, hclfile.Duplicate(v.at, first.at, "Duplicate variable",
			fmt.Sprintf("The variable %q is already declared at %s.", v.name, first.at)))
		return
	}
	s.variables[v.name] = v
}

// setDefault evaluates a default, where env() is the only function.
func (s *Scope) setDefault(v *variable, attr *hcl.Attribute) {
	value, diags := attr.Expr.Value(&hcl.EvalContext{Functions: functions.Defaults()})
	s.diags = append(s.diags, diags...)
	if diags.HasErrors() {
		v.invalid, v.value = true, cty.DynamicVal
		return
	}
	if !v.typed && !value.IsNull() {
		v.kind, v.typed = value.Type(), true
		if value.Type().IsTupleType() || value.Type().IsObjectType() {
			v.kind, v.compound = cty.DynamicPseudoType, true // a value of another shape is as good
		}
	}
	at := attr.Expr.Range()
	s.set(v, value, &at, "The default")
}

// set gives v a value, converted to its type.
func (s *Scope) set(v *variable, value cty.Value, at *hcl.Range, who string) {
	v.setAt = at
	if v.defaults != nil && !value.IsNull() && value.IsKnown() {
		value = v.defaults.Apply(value)
	}
	converted, err := frugal.Convert(value, v.kind)
	if err != nil {
		if at == nil {
			at = &v.at
		}
		s.fail(at, fmt.Sprintf("Unsuitable value for variable %q", v.name),
			fmt.Sprintf("%s does not fit the type of the variable, %s: %s.", who, typeexpr.TypeString(v.kind), hclfile.TypeError(err)))
		v.value, v.invalid = cty.UnknownVal(v.kind), true
		return
	}
	v.value, v.invalid = converted, false
}

// addSecret keeps every text in value, and each line of it.
func (s *Scope) addSecret(value cty.Value) {
	s.secrets = append(s.secrets, literal.Texts(value)...)
}

// constantBool is the value of an optional attribute that takes true or false.
func (s *Scope) constantBool(attr *hcl.Attribute) bool {
	value, diags := hclfile.ConstantBool(attr)
	s.diags = append(s.diags, diags...)
	return value
}
