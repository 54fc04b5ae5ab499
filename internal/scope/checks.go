package scope

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// check is a validation block of a variable.
type check struct {
	condition hcl.Expression
	message   string
	at        hcl.Range
}

func (s *Scope) declareCheck(v *variable, b *hcl.Block) {
	content, diags := b.Body.Content(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "condition", Required: true}, {Name: "error_message", Required: true},
	}})
	s.diags = append(s.diags, diags...)
	if diags.HasErrors() {
		return
	}
	c := &check{condition: content.Attributes["condition"].Expr, at: b.DefRange}
	self := false
	for _, ref := range c.condition.Variables() {
		if ref.RootName() == "var" && hclfile.Step(ref, 1) == v.name {
			self = true
			continue
		}
		s.fail(ref.SourceRange().Ptr(), "Invalid reference in a validation rule",
			fmt.Sprintf("The condition may refer only to the variable itself, var.%s.", v.name))
		return
	}
	if !self {
		s.fail(c.condition.Range().Ptr(), "Invalid validation rule",
			fmt.Sprintf("The condition must refer to var.%s, else it checks nothing.", v.name))
		return
	}
	message, fault := hclfile.Literal(content.Attributes["error_message"].Expr)
	if fault != nil {
		s.diags = append(s.diags, fault)
		return
	}
	if !hclfile.Sentence(message) {
		s.fail(content.Attributes["error_message"].Expr.Range().Ptr(), "Invalid validation message",
			"The message must be a full sentence: it begins with a capital letter and ends with a full stop, "+
				"a question mark or an exclamation mark.")
		return
	}
	c.message = message
	v.checks = append(v.checks, c)
}

// check applies the rules to the value that won.
func (s *Scope) check(v *variable) {
	at := v.setAt
	if at == nil {
		at = &v.at
	}
	for _, c := range v.checks {
		result, diags := c.condition.Value(&hcl.EvalContext{
			Functions: s.functions,
			Variables: map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{v.name: v.value})},
		})
		s.diags = append(s.diags, diags...)
		if diags.HasErrors() {
			continue
		}
		ok, err := convert.Convert(result, cty.Bool)
		if err != nil || ok.IsNull() {
			s.fail(c.condition.Range().Ptr(), "Invalid validation rule", "The condition must be true or false.")
			continue
		}
		if ok.IsKnown() && ok.False() {
			s.fail(at, fmt.Sprintf("Invalid value for variable %q", v.name),
				fmt.Sprintf("%s\n\nThis was checked by the validation rule at %s.", c.message, c.at))
		}
	}
}
