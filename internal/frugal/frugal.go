// Package frugal keeps the expressions of a template from taking all time or
// memory: loops within loops, texts that grow, blocks without number. What they
// do is counted, so that a template fails on a fast machine as on a slow one.
package frugal

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

// What the expressions evaluated in one context may do together.
const (
	maxBlocks = 5_000      // of one for_each
	maxBits   = 20_000     // of a number, before its point or behind it
	maxWork   = 50_000_000 // steps: a few seconds
	maxText   = 128 << 20  // bytes of text put together

	node  = 10      // steps that an element counts for: functions go through all of them several times
	turn  = 100     // steps that a turn of a loop counts for
	block = 2_500   // steps that an element of a dynamic block counts for
	slow  = 500_000 // steps that a function counts for which is slow on purpose
)

// name is no identifier, nor near one, so that no message suggests it.
const name = "\x00\x00\x00"

// Budget is what is left to do. The zero value has nothing; New makes one.
type Budget struct {
	work, text atomic.Int64
	fault      atomic.Pointer[hcl.Diagnostic] // what is said from the end on
}

// New is a budget for expressions evaluated without one in their context.
func New() *Budget {
	b := &Budget{}
	b.work.Store(maxWork)
	b.text.Store(maxText)
	return b
}

// Within is the context outer with more names and functions, and a budget for
// the expressions that are evaluated in it. The context outer may be nil.
func Within(outer *hcl.EvalContext, names map[string]cty.Value, functions map[string]function.Function) *hcl.EvalContext {
	ctx := outer.NewChild()
	ctx.Functions, ctx.Variables = functions, map[string]cty.Value{}
	maps.Copy(ctx.Variables, names)
	kind := cty.Capsule("budget", reflect.TypeFor[Budget]())
	ctx.Variables[name] = cty.CapsuleVal(kind, New())
	return ctx
}

// Parse parses one expression, which counts what it does.
func Parse(text []byte, name string) (hcl.Expression, hcl.Diagnostics) {
	if diags := check(text, name, hclsyntax.LexExpression); diags.HasErrors() {
		return nil, diags
	}
	expr, diags := hclsyntax.ParseExpression(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return Expression(expr, New()), diags
}

// of is the budget of the context, or else the spare one.
func of(ctx *hcl.EvalContext, spare *Budget) *Budget {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[name]; ok {
			if b, ok := v.EncapsulatedValue().(*Budget); ok {
				return b
			}
		}
	}
	return spare
}

// spend takes steps and bytes of text; at the end it blames what stands at the
// given place, and says the same ever after.
func (b *Budget) spend(work, text int, at hcl.Range) hcl.Diagnostics {
	if b.work.Add(-int64(work)) >= 0 && b.text.Add(-int64(text)) >= 0 {
		return nil
	}
	b.fault.CompareAndSwap(nil, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Too much to evaluate", Subject: &at,
		Detail: fmt.Sprintf("This takes more than %d million steps, or puts together more than %d MiB of text. "+
			"Loops within loops and texts that grow do that.", maxWork/1_000_000, maxText>>20),
	})
	return hcl.Diagnostics{b.fault.Load()}
}

// Convert is that of cty, but refuses values that are too large to be worked
// with, and numbers that take minutes to write.
func Convert(v cty.Value, kind cty.Type) (cty.Value, error) {
	w := weight{}
	for range 2 {
		switch ok := w.add(v); {
		case w.far:
			return cty.NilVal, fmt.Errorf("it has a number of more than %d digits", maxBits*3/10)
		case !ok:
			return cty.NilVal, errors.New("it has too many elements, or too much text")
		}
		var err error
		if v, err = convert.Convert(v, kind); err != nil {
			return cty.NilVal, err
		}
	}
	return v, nil
}

// take spends what looking at all of a value costs.
func (b *Budget) take(v cty.Value, at hcl.Range) hcl.Diagnostics {
	w := weight{}
	if !w.add(v) && w.far {
		return outOfRange(at)
	}
	text := 0
	if w.text > maxText/2 {
		text = maxText // nothing that takes a value this long is needed
	}
	return b.spend(w.work, text, at)
}

// weight is what a value costs.
type weight struct {
	work, text int
	far        bool // it has a number that is out of range
}

// add tells whether there can be more.
func (w *weight) add(v cty.Value) bool {
	v, _ = v.Unmark()
	if w.work += node; !v.IsKnown() || v.IsNull() {
		return true
	}
	switch kind := v.Type(); {
	case kind == cty.String:
		w.text += len(v.AsString())
		w.work += len(v.AsString()) / 16
	case far(v):
		w.far = true
		return false
	case v.CanIterateElements():
		if n := v.LengthInt(); kind.IsTupleType() || kind.IsObjectType() {
			w.work += min(n, maxWork) * min(n, maxWork) / 20 // to make it a list, the types of all elements are compared
		}
		if kind.IsCollectionType() && (kind.ElementType() == cty.Number || kind.ElementType() == cty.Bool) {
			w.work += node * v.LengthInt()
			return w.work <= maxWork
		}
		for it := v.ElementIterator(); it.Next(); {
			if _, e := it.Element(); !w.add(e) {
				return false
			}
		}
	}
	return w.work <= maxWork && w.text <= maxText
}

// size is how many bytes of text v adds to a text; not known is none.
func size(v cty.Value) int {
	if v, _ = v.Unmark(); v.IsKnown() && !v.IsNull() && v.Type() == cty.String {
		return len(v.AsString())
	}
	return 0
}

// far tells whether v is a number that takes very long to write.
func far(v cty.Value) bool {
	v, _ = v.Unmark()
	if v.Type() != cty.Number || v.IsNull() || !v.IsKnown() {
		return false
	}
	exp := v.AsBigFloat().MantExp(nil)
	return exp > maxBits || exp < -maxBits
}

func outOfRange(at hcl.Range) hcl.Diagnostics {
	return fault(at, "Number out of range", fmt.Sprintf("It has more than %d digits.", maxBits*3/10))
}
