package functions

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// slack is how many times more than a value may have an expression may name, or
// go through: that may be to pick a little of it.
const slack = 4

// Foresee complains of an expression before it is evaluated, when that would
// take far more than its value may have: by the values it names, each as often
// as it is named, or by loops within loops.
func Foresee(e hcl.Expression, ctx *hcl.EvalContext) hcl.Diagnostics {
	w := weight{slack * maxNodes, slack * maxText}
	for _, name := range e.Variables() {
		if v, diags := name.TraverseAbs(ctx); !diags.HasErrors() && !w.take(v) {
			return tooLarge(e.Range())
		}
	}
	if node, ok := e.(hclsyntax.Node); ok && tooLong(node, ctx) {
		return tooLarge(e.Range())
	}
	return nil
}

// tooLong says whether a loop of the expression takes too many turns, with
// those of the loops around it. A loop whose collection depends on a loop
// around it is taken for one of a single turn.
func tooLong(e hclsyntax.Node, ctx *hcl.EvalContext) bool {
	l := &loops{ctx: ctx, turns: map[hclsyntax.Expression]int{}, around: []int{1}}
	_ = hclsyntax.Walk(e, l) // it reports by itself
	return l.tooLong
}

// loops walks an expression and knows how often each part of it is evaluated.
type loops struct {
	ctx     *hcl.EvalContext
	turns   map[hclsyntax.Expression]int // of parts that differ from what they stand in
	around  []int
	tooLong bool
}

// Enter is called for each part before those in it.
func (l *loops) Enter(n hclsyntax.Node) hcl.Diagnostics {
	turns := l.around[len(l.around)-1]
	if e, ok := n.(hclsyntax.Expression); ok {
		if t, ok := l.turns[e]; ok {
			turns = t
		}
	}
	l.around = append(l.around, turns)
	f, ok := n.(*hclsyntax.ForExpr)
	if !ok || l.tooLong || tooLong(f.CollExpr, l.ctx) {
		l.tooLong = l.tooLong || ok
		return nil
	}
	if v, diags := f.CollExpr.Value(l.ctx); !diags.HasErrors() && v.IsKnown() && !v.IsNull() && v.CanIterateElements() {
		turns *= v.LengthInt()
	}
	l.tooLong = turns > slack*maxNodes
	for _, part := range []hclsyntax.Expression{f.KeyExpr, f.ValExpr, f.CondExpr} {
		if part != nil {
			l.turns[part] = turns
		}
	}
	return nil
}

// Exit is called for each part after those in it.
func (l *loops) Exit(hclsyntax.Node) hcl.Diagnostics {
	l.around = l.around[:len(l.around)-1]
	return nil
}
