package input

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// rule is a validation block of a variable.
type rule struct {
	condition hcl.Expression
	message   string
	at        hcl.Range
}

func (v *Variable) addRule(b *hcl.Block) hcl.Diagnostics {
	content, diags := b.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "condition", Required: true}, {Name: "error_message", Required: true},
	}})
	if diags.HasErrors() {
		return diags
	}
	c := &rule{condition: content.Attributes["condition"].Expr, at: b.DefRange}
	self := false
	for _, ref := range c.condition.Variables() {
		if ref.RootName() == "var" && hclfile.Step(ref, 1) == v.Name {
			self = true
			continue
		}
		return hcl.Diagnostics{hclfile.Error(ref.SourceRange().Ptr(), "Invalid reference in a validation rule",
			fmt.Sprintf("The condition may refer only to the variable itself, var.%s.", v.Name))}
	}
	if !self {
		return hcl.Diagnostics{hclfile.Error(c.condition.Range().Ptr(), "Invalid validation rule",
			fmt.Sprintf("The condition must refer to var.%s, else it checks nothing.", v.Name))}
	}
	message, fault := hclfile.Literal(content.Attributes["error_message"].Expr)
	if fault != nil {
		return hcl.Diagnostics{fault}
	}
	if !hclfile.Sentence(message) {
		return hcl.Diagnostics{hclfile.Error(content.Attributes["error_message"].Expr.Range().Ptr(), "Invalid validation message",
			"The message must be a full sentence: it begins with a capital letter and ends with a full stop, "+
				"a question mark or an exclamation mark.")}
	}
	c.message = message
	v.rules = append(v.rules, c)
	return nil
}

// Check applies the rules, whose conditions may call the functions, to the
// value that won.
func (v *Variable) Check(functions map[string]function.Function) (diags hcl.Diagnostics) {
	at := v.setAt
	if at == nil {
		at = &v.At
	}
	for _, c := range v.rules {
		result, more := c.condition.Value(&hcl.EvalContext{
			Functions: functions,
			Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{v.Name: v.Value})},
		})
		diags = append(diags, more...)
		if more.HasErrors() {
			continue
		}
		ok, err := convert.Convert(result, cty.Bool)
		if err != nil || ok.IsNull() {
			diags = append(diags, hclfile.Error(c.condition.Range().Ptr(), "Invalid validation rule", "The condition must be true or false."))
			continue
		}
		if ok.IsKnown() && ok.False() {
			diags = append(diags, hclfile.Error(at, fmt.Sprintf("Invalid value for variable %q", v.Name),
				fmt.Sprintf("%s\n\nThis was checked by the validation rule at %s.", c.message, c.at)))
		}
	}
	return diags
}
