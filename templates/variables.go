package templates

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ovenbird-io/ovenbird/internal/functions"
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

// declare reads the headers of all blocks that stand at the top of a file.
func (t *template) declare() {
	for _, b := range t.blocks {
		switch b.Type {
		case "variable":
			t.declareVariable(b)
		case "variables":
			t.declareVariables(b)
		case "local":
			t.declareLocal(b)
		case "locals":
			t.declareLocals(b)
		case "data":
			t.fail(&b.DefRange, "data is not supported yet",
				fmt.Sprintf("Pass what data.%s.%s would tell as a variable.", b.Labels[0], b.Labels[1]))
		case "hcp_packer_registry":
			t.fail(&b.DefRange, "hcp_packer_registry is not supported",
				"Images are not registered with HCP Packer; remove the block.")
		}
	}
}

func (t *template) declareVariables(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	t.diags = append(t.diags, diags...)
	for _, attr := range inOrder(attrs) {
		v := &variable{name: attr.Name, kind: cty.DynamicPseudoType, at: attr.Range}
		t.addVariable(v)
		t.setDefault(v, attr)
	}
}

func (t *template) declareVariable(b *hcl.Block) {
	content, diags := b.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "type"}, {Name: "default"}, {Name: "description"}, {Name: "sensitive"}},
		Blocks:     []hcl.BlockHeaderSchema{{Type: "validation"}},
	})
	t.diags = append(t.diags, diags...)
	v := &variable{name: b.Labels[0], kind: cty.DynamicPseudoType, at: b.DefRange}
	t.addVariable(v)
	if content == nil {
		return
	}
	v.sensitive = t.constantBool(content.Attributes["sensitive"])
	if attr := content.Attributes["type"]; attr != nil {
		kind, defaults, diags := typeexpr.TypeConstraintWithDefaults(attr.Expr)
		t.diags = append(t.diags, diags...)
		if diags.HasErrors() {
			kind, v.invalid = cty.DynamicPseudoType, true
		}
		v.kind, v.defaults, v.typed = kind, defaults, true
	}
	if attr := content.Attributes["default"]; attr != nil {
		t.setDefault(v, attr)
	}
	for _, b := range content.Blocks {
		t.declareCheck(v, b)
	}
}

func (t *template) addVariable(v *variable) {
	if first := t.variables[v.name]; first != nil {
		t.fail(&v.at, "Duplicate variable", fmt.Sprintf("The variable %q is already declared at %s.", v.name, first.at))
		return
	}
	t.variables[v.name] = v
}

// setDefault evaluates a default, where env() is the only function.
func (t *template) setDefault(v *variable, attr *hcl.Attribute) {
	value, diags := attr.Expr.Value(&hcl.EvalContext{Functions: functions.Defaults()})
	t.diags = append(t.diags, diags...)
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
	t.set(v, value, &at, "The default")
}

// set gives v a value, converted to its type.
func (t *template) set(v *variable, value cty.Value, at *hcl.Range, who string) {
	v.setAt = at
	if v.defaults != nil && !value.IsNull() && value.IsKnown() {
		value = v.defaults.Apply(value)
	}
	converted, err := convert.Convert(value, v.kind)
	if err != nil {
		if at == nil {
			at = &v.at
		}
		t.fail(at, fmt.Sprintf("Unsuitable value for variable %q", v.name),
			fmt.Sprintf("%s does not fit the type of the variable, %s: %s.", who, typeexpr.TypeString(v.kind), typeError(err)))
		v.value, v.invalid = cty.UnknownVal(v.kind), true
		return
	}
	v.value, v.invalid = converted, false
}

// addSecret keeps every text in value, and each line of it.
func (t *template) addSecret(value cty.Value) {
	t.secrets = append(t.secrets, leaves(value)...)
}

// constantBool is the value of an optional attribute that takes true or false.
func (t *template) constantBool(attr *hcl.Attribute) bool {
	if attr == nil {
		return false
	}
	value, diags := attr.Expr.Value(nil)
	if !diags.HasErrors() {
		if b, err := convert.Convert(value, cty.Bool); err == nil && !b.IsNull() && b.IsKnown() {
			return b.True()
		}
		t.fail(attr.Expr.Range().Ptr(), fmt.Sprintf("Unsuitable value for %q", attr.Name), "Write true or false.")
	}
	t.diags = append(t.diags, diags...)
	return false
}
