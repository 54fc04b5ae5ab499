package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// local is one named expression.
type local struct {
	name      string
	expr      hcl.Expression
	sensitive bool
	at        hcl.Range
	state     int // of its evaluation: not begun, begun, done
	value     cty.Value
}

const (
	begun = iota + 1
	done
)

func (t *template) declareLocals(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	t.diags = append(t.diags, diags...)
	for _, attr := range inOrder(attrs) {
		t.addLocal(&local{name: attr.Name, expr: attr.Expr, at: attr.Range})
	}
}

func (t *template) declareLocal(b *hcl.Block) {
	content, diags := b.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "expression", Required: true}, {Name: "sensitive"}},
	})
	t.diags = append(t.diags, diags...)
	if content == nil || content.Attributes["expression"] == nil {
		return
	}
	l := &local{name: b.Labels[0], expr: content.Attributes["expression"].Expr, at: b.DefRange}
	l.sensitive = t.constantBool(content.Attributes["sensitive"])
	t.addLocal(l)
}

func (t *template) addLocal(l *local) {
	if first := t.locals[l.name]; first != nil {
		t.fail(&l.at, "Duplicate local", fmt.Sprintf("The local %q is already set at %s.", l.name, first.at))
		return
	}
	t.locals[l.name] = l
}

// evaluateLocals evaluates each local after those it refers to.
func (t *template) evaluateLocals() {
	all := map[string]cty.Value{}
	for _, name := range slices.SortedFunc(maps.Keys(t.locals), func(a, b string) int {
		return compareRanges(t.locals[a].at, t.locals[b].at)
	}) {
		all[name] = t.evaluateLocal(t.locals[name], nil)
	}
	t.base.Variables["local"] = cty.ObjectVal(all)
}

func (t *template) evaluateLocal(l *local, way []string) cty.Value {
	way = append(way, "local."+l.name)
	switch l.state {
	case done:
		return l.value
	case begun:
		way = way[slices.Index(way, "local."+l.name):]
		t.fail(l.expr.Range().Ptr(), "Locals refer to each other in a circle", strings.Join(way, " -> ")+".")
		return cty.DynamicVal
	}
	l.state, l.value = begun, cty.DynamicVal
	needed := map[string]cty.Value{}
	for _, ref := range l.expr.Variables() {
		if other := t.locals[second(ref)]; ref.RootName() == "local" && other != nil {
			needed[other.name] = t.evaluateLocal(other, way)
		}
	}
	ctx := t.within(map[string]cty.Value{"local": cty.ObjectVal(needed)})
	value, diags := t.evaluator(ctx)(l.expr)
	t.diags = append(t.diags, diags...)
	if !diags.HasErrors() {
		l.value = value
	}
	l.state = done
	if l.sensitive {
		t.addSecret(l.value)
	}
	return l.value
}

func compareRanges(a, b hcl.Range) int {
	if n := strings.Compare(a.Filename, b.Filename); n != 0 {
		return n
	}
	return a.Start.Byte - b.Start.Byte
}

// inOrder lists attributes as they stand in the file.
func inOrder(attrs hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hcl.Attribute) int {
		return compareRanges(a.Range, b.Range)
	})
}
