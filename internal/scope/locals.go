package scope

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
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

func (s *Scope) declareLocals(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	s.diags = append(s.diags, diags...)
	for _, attr := range hclfile.InOrder(attrs) {
		s.addLocal(&local{name: attr.Name, expr: attr.Expr, at: attr.Range})
	}
}

func (s *Scope) declareLocal(b *hcl.Block) {
	content, diags := b.Body.Content(&hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "expression", Required: true}, {Name: "sensitive"}},
	})
	s.diags = append(s.diags, diags...)
	if content == nil || content.Attributes["expression"] == nil {
		return
	}
	l := &local{name: b.Labels[0], expr: content.Attributes["expression"].Expr, at: b.DefRange}
	l.sensitive = s.constantBool(content.Attributes["sensitive"])
	s.addLocal(l)
}

func (s *Scope) addLocal(l *local) {
	if first := s.locals[l.name]; first != nil {
		s.diags = append(s.diags, hclfile.Duplicate(l.at, first.at, "Duplicate local",
			fmt.Sprintf("The local %q is already set at %s.", l.name, first.at)))
		return
	}
	s.locals[l.name] = l
}

// EvaluateLocals evaluates each local after those it refers to.
func (s *Scope) EvaluateLocals() {
	all := map[string]cty.Value{}
	for _, name := range slices.SortedFunc(maps.Keys(s.locals), func(a, b string) int {
		return hclfile.Compare(s.locals[a].at, s.locals[b].at)
	}) {
		all[name] = s.evaluateLocal(s.locals[name], nil)
	}
	s.base.Variables["local"] = cty.ObjectVal(all)
}

func (s *Scope) evaluateLocal(l *local, way []string) cty.Value {
	way = append(way, "local."+l.name)
	switch l.state {
	case done:
		return l.value
	case begun:
		way = way[slices.Index(way, "local."+l.name):]
		s.fail(l.expr.Range().Ptr(), "Locals refer to each other in a circle", strings.Join(way, " -> ")+".")
		return cty.DynamicVal
	}
	l.state, l.value = begun, cty.DynamicVal
	needed := map[string]cty.Value{}
	for _, ref := range l.expr.Variables() {
		if other := s.locals[second(ref)]; ref.RootName() == "local" && other != nil {
			needed[other.name] = s.evaluateLocal(other, way)
		}
	}
	ctx := s.Within(map[string]cty.Value{"local": cty.ObjectVal(needed)})
	value, diags := s.Evaluator(ctx)(l.expr)
	s.diags = append(s.diags, diags...)
	if !diags.HasErrors() {
		l.value = value
	}
	l.state = done
	if l.sensitive {
		s.addSecret(l.value)
	}
	return l.value
}
