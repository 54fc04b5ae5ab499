package frugal

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Body makes all expressions of a body as parsed count what they do. Those
// evaluated without a budget in their context share the spare one.
func Body(body hcl.Body, spare *Budget) hcl.Body {
	native, ok := body.(*hclsyntax.Body)
	if !ok {
		return &jsonBody{body, spare}
	}
	for _, attr := range native.Attributes {
		attr.Expr = Expression(attr.Expr, spare)
		if attr.Name == "for_each" {
			attr.Expr = &each{wrap(attr.Expr, spare)}
		}
	}
	for _, b := range native.Blocks {
		Body(b.Body, spare)
	}
	return native
}

// Expression is Body for an expression of its own.
func Expression(e hclsyntax.Expression, spare *Budget) hclsyntax.Expression {
	inner := func(all ...*hclsyntax.Expression) {
		for _, e := range all {
			if *e != nil {
				*e = Expression(*e, spare)
			}
		}
	}
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		inner(&e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		inner(&e.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		inner(&e.Tuple)
	case *hclsyntax.RelativeTraversalExpr:
		inner(&e.Source)
	case *hclsyntax.ConditionalExpr:
		inner(&e.Condition, &e.TrueResult, &e.FalseResult)
		e.TrueResult, e.FalseResult = &whole{wrap(e.TrueResult, spare), 0}, &whole{wrap(e.FalseResult, spare), 0}
	case *hclsyntax.IndexExpr:
		inner(&e.Collection, &e.Key)
	case *hclsyntax.BinaryOpExpr:
		inner(&e.LHS, &e.RHS)
		return &numeric{wrap(e, spare)}
	case *hclsyntax.UnaryOpExpr:
		inner(&e.Val)
		return &numeric{wrap(e, spare)}
	case *hclsyntax.LiteralValueExpr:
		if far(e.Val) {
			return &numeric{wrap(e, spare)}
		}
	case *hclsyntax.TupleConsExpr:
		for i := range e.Exprs {
			inner(&e.Exprs[i])
		}
	case *hclsyntax.ObjectConsExpr:
		for i := range e.Items {
			inner(&e.Items[i].KeyExpr, &e.Items[i].ValueExpr)
		}
	case *hclsyntax.ObjectConsKeyExpr:
		inner(&e.Wrapped)
	default:
		return counted(e, inner, spare)
	}
	return e
}

// counted deals with what does much: loops, calls and texts put together.
func counted(e hclsyntax.Expression, inner func(...*hclsyntax.Expression), spare *Budget) hclsyntax.Expression {
	turns := func(all ...*hclsyntax.Expression) {
		inner(all...)
		for _, e := range all {
			if *e != nil {
				*e = &looped{wrap(*e, spare)}
			}
		}
	}
	switch e := e.(type) {
	case *hclsyntax.ForExpr:
		inner(&e.CollExpr)
		turns(&e.KeyExpr, &e.ValExpr, &e.CondExpr)
	case *hclsyntax.SplatExpr:
		inner(&e.Source)
		turns(&e.Each)
	case *hclsyntax.TemplateExpr:
		for i, p := range e.Parts {
			if _, literal := p.(*hclsyntax.LiteralValueExpr); !literal {
				e.Parts[i] = &part{wrap(Expression(p, spare), spare)}
			}
		}
	case *hclsyntax.FunctionCallExpr:
		for i := range e.Args {
			e.Args[i] = &whole{wrap(Expression(e.Args[i], spare), spare), 0}
		}
		call := &whole{wrap(e, spare), 0}
		if e.Name == "bcrypt" || e.Name == "rsadecrypt" || e.Name == "templatefile" || e.Name == "fileset" {
			call.more = slow
		}
		return call
	}
	return e
}

// wrapped is what stands in the syntax for an expression.
type wrapped struct {
	hclsyntax.Expression
	spare *Budget
}

// wrap hides a name in parentheses: who lists the names of an expression looks
// for them among what stands in it.
func wrap(e hclsyntax.Expression, spare *Budget) wrapped {
	if _, name := e.(*hclsyntax.ScopeTraversalExpr); name {
		e = &hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}
	}
	return wrapped{e, spare}
}

// UnwrapExpression gives what is wrapped, for those who look at the syntax.
func (e wrapped) UnwrapExpression() hcl.Expression {
	if p, ok := e.Expression.(*hclsyntax.ParenthesesExpr); ok {
		return p.Expression
	}
	return e.Expression
}

// looped is evaluated for each turn of a loop.
type looped struct {
	wrapped
}

// Value counts the turn, and the text that it makes.
func (e *looped) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	b := of(ctx, e.spare)
	if diags := b.spend(turn, 0, e.Range()); diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	v, diags := e.Expression.Value(ctx)
	return v, append(diags, b.spend(0, size(v), e.Range())...)
}

// part is one of those that a text is put together of.
type part struct {
	wrapped
}

// Value counts the text; what is too much is not put into it.
func (e *part) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := e.Expression.Value(ctx)
	if more := of(ctx, e.spare).spend(1, size(v), e.Range()); more.HasErrors() {
		return cty.DynamicVal, append(diags, more...)
	}
	return v, diags
}

// whole is an argument or a call: all of its value is looked at.
type whole struct {
	wrapped
	more int // steps, besides
}

// Value counts all elements of the value and the length of their texts.
func (e *whole) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	b := of(ctx, e.spare)
	if diags := b.spend(e.more, 0, e.Range()); diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	v, diags := e.Expression.Value(ctx)
	if more := b.take(v, e.Range()); more.HasErrors() {
		return cty.DynamicVal, append(diags, more...)
	}
	return v, diags
}

// numeric is what can be a number.
type numeric struct{ wrapped }

// Value refuses numbers with very many digits: each time such a number is
// written, as in a message, takes minutes.
func (e *numeric) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := e.Expression.Value(ctx)
	if far(v) {
		return cty.DynamicVal, append(diags, outOfRange(e.Range())...)
	}
	return v, diags
}

// each decides how often a block is there.
type each struct {
	wrapped
}

// Value counts the blocks that there will be.
func (e *each) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := e.Expression.Value(ctx)
	return count(v, diags, of(ctx, e.spare), e.Range())
}

func count(v cty.Value, diags hcl.Diagnostics, b *Budget, at hcl.Range) (cty.Value, hcl.Diagnostics) {
	plain, _ := v.Unmark()
	if !plain.IsKnown() || plain.IsNull() || !plain.CanIterateElements() {
		return v, diags
	}
	n := plain.LengthInt()
	if n > maxBlocks {
		return cty.DynamicVal, append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Too many blocks", Subject: &at,
			Detail: fmt.Sprintf("There would be %d of them; at most %d are allowed.", n, maxBlocks),
		})
	}
	if more := b.spend(block*n, 0, at); more.HasErrors() {
		return cty.DynamicVal, append(diags, more...)
	}
	return v, diags
}
