package frugal

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// jsonBody is a body in JSON, whose expressions are parsed when they are
// evaluated.
type jsonBody struct {
	hcl.Body
	spare *Budget
}

// Content is that of the body, with expressions that count.
func (b *jsonBody) Content(s *hcl.BodySchema) (*hcl.BodyContent, hcl.Diagnostics) {
	content, diags := b.Body.Content(s)
	return b.wrap(content), diags
}

// PartialContent is that of the body, with expressions that count.
func (b *jsonBody) PartialContent(s *hcl.BodySchema) (*hcl.BodyContent, hcl.Body, hcl.Diagnostics) {
	content, rest, diags := b.Body.PartialContent(s)
	return b.wrap(content), &jsonBody{rest, b.spare}, diags
}

// JustAttributes are those of the body, with expressions that count.
func (b *jsonBody) JustAttributes() (hcl.Attributes, hcl.Diagnostics) {
	attrs, diags := b.Body.JustAttributes()
	b.attributes(attrs)
	return attrs, diags
}

func (b *jsonBody) wrap(c *hcl.BodyContent) *hcl.BodyContent {
	if c == nil {
		return nil
	}
	b.attributes(c.Attributes)
	for _, inner := range c.Blocks {
		inner.Body = &jsonBody{inner.Body, b.spare}
	}
	return c
}

func (b *jsonBody) attributes(attrs hcl.Attributes) {
	for _, attr := range attrs {
		attr.Expr = &jsonExpr{attr.Expr, b.spare, attr.Name == "for_each"}
	}
}

// jsonExpr evaluates as HCL's own, but what stands in texts counts.
type jsonExpr struct {
	hcl.Expression
	spare *Budget
	each  bool
}

// UnwrapExpression gives what is wrapped, for those who look at the syntax.
func (e *jsonExpr) UnwrapExpression() hcl.Expression { return e.Expression }

// ExprList lists the elements of an array; nil is none.
func (e *jsonExpr) ExprList() []hcl.Expression {
	all, diags := hcl.ExprList(e.Expression)
	if diags.HasErrors() {
		return nil
	}
	for i := range all {
		all[i] = &jsonExpr{all[i], e.spare, false}
	}
	return all
}

// ExprMap lists the members of an object; nil is none.
func (e *jsonExpr) ExprMap() []hcl.KeyValuePair {
	all, diags := hcl.ExprMap(e.Expression)
	if diags.HasErrors() {
		return nil
	}
	for i := range all {
		all[i].Key, all[i].Value = &jsonExpr{all[i].Key, e.spare, false}, &jsonExpr{all[i].Value, e.spare, false}
	}
	return all
}

// Value evaluates the expression. Without a context, texts are as they are.
func (e *jsonExpr) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	plain, diags := e.Expression.Value(nil)
	if far(plain) {
		return cty.DynamicVal, outOfRange(e.Range())
	}
	if ctx == nil || diags.HasErrors() {
		return plain, diags
	}
	switch kind := plain.Type(); {
	case plain.IsNull():
	case kind == cty.String:
		plain, diags = e.text(plain.AsString(), ctx)
	case kind.IsTupleType():
		var all []cty.Value
		for _, element := range e.ExprList() {
			v, more := element.Value(ctx)
			all, diags = append(all, v), append(diags, more...)
		}
		plain = cty.TupleVal(all)
	case kind.IsObjectType():
		plain, diags = e.object(ctx)
	}
	if e.each {
		return count(plain, diags, of(ctx, e.spare), e.Range())
	}
	return plain, diags
}

func (e *jsonExpr) text(text string, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	start := e.Range().Start
	start.Byte, start.Column = start.Byte+1, start.Column+1 // behind the quote
	expr, diags := hclsyntax.ParseTemplate([]byte(text), e.Range().Filename, start)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	v, more := Expression(expr, e.spare).Value(ctx)
	return v, append(diags, more...)
}

func (e *jsonExpr) object(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	attrs, known := map[string]cty.Value{}, true
	for _, pair := range e.ExprMap() {
		key, more := pair.Key.Value(ctx)
		diags = append(diags, more...)
		v, more := pair.Value.Value(ctx)
		diags = append(diags, more...)
		at := pair.Key.Range()
		switch key, err := convert.Convert(key, cty.String); {
		case err != nil:
			diags = append(diags, invalid(at, fmt.Sprintf("It cannot be a key of an object: %s.", err)))
		case key.IsNull():
			diags = append(diags, invalid(at, "A key of an object cannot be null."))
		case !key.IsKnown():
			known = false
		case attrs[key.AsString()] != cty.NilVal:
			diags = append(diags, invalid(at, fmt.Sprintf("The object has the key %q already.", key.AsString())))
		default:
			attrs[key.AsString()] = v
		}
	}
	if !known {
		return cty.DynamicVal, diags
	}
	return cty.ObjectVal(attrs), diags
}

func invalid(at hcl.Range, why string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Invalid key", Detail: why, Subject: &at}
}
