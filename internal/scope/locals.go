package scope

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/functions"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// local is one named expression.
type local struct {
	vertex
	name      string
	expr      hcl.Expression
	sensitive bool
	value     cty.Value
}

func (s *Scope) declareLocals(b *hcl.Block) {
	attrs, diags := b.Body.JustAttributes()
	s.diags = append(s.diags, diags...)
	for _, attr := range hclfile.InOrder(attrs) {
		s.addLocal(&local{name: attr.Name, expr: attr.Expr}, attr.Range)
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
	l := &local{name: b.Labels[0], expr: content.Attributes["expression"].Expr}
	l.sensitive = s.constantBool(content.Attributes["sensitive"])
	s.addLocal(l, b.DefRange)
}

func (s *Scope) addLocal(l *local, at hcl.Range) {
	if first := s.locals[l.name]; first != nil {
		s.diags = append(s.diags, hclfile.Duplicate(at, first.at, "Duplicate local",
			fmt.Sprintf("The local %q is already set at %s.", l.name, first.at)))
		return
	}
	l.vertex = vertex{id: "local." + l.name, at: at, refs: l.expr.Variables(), local: l}
	l.value = cty.DynamicVal
	s.locals[l.name] = l
}

// EvaluateLocals evaluates each local after those it refers to. Data sources
// are not read yet: they are checked, and what they tell is unknown.
func (s *Scope) EvaluateLocals() {
	ordered := s.order(s.vertices())
	for _, d := range s.data {
		d.value = s.placeholder(d)
	}
	s.publish()
	for _, v := range ordered {
		if s.mark(v); v.local != nil && len(s.diags) < 500 { // names are suggested for each problem
			s.evaluate(v.local)
		}
	}
	s.publish()
	for _, v := range ordered {
		if v.data == nil || v.broken {
			continue
		}
		if source := s.source(v.data); source != nil {
			s.diags = append(s.diags, s.decode(v.data, source)...)
		}
	}
}

// evaluate gives a local the value it has by what is known now.
func (s *Scope) evaluate(l *local) {
	if l.value = cty.DynamicVal; l.broken {
		return
	}
	diags := s.undeclared(l.refs)
	if !diags.HasErrors() {
		needed := map[string]cty.Value{}
		for _, v := range s.needs(l.refs) {
			if v.local != nil {
				needed[v.local.name] = v.local.value
			}
		}
		within := s.Within(map[string]cty.Value{"local": cty.ObjectVal(needed)})
		value, more := l.expr.Value(within)
		if diags = append(diags, more...); !diags.HasErrors() {
			l.value, diags = functions.Weigh(value, l.expr.Range())
		}
	}
	s.diags = append(s.diags, diags...)
	if l.sensitive {
		s.addSecret(l.value)
	}
}

// publish lets expressions see locals and data as they are now.
func (s *Scope) publish() {
	locals := map[string]cty.Value{}
	for name, l := range s.locals {
		locals[name] = l.value
	}
	kinds := map[string]map[string]cty.Value{}
	for _, d := range s.data {
		if kinds[d.kind] == nil {
			kinds[d.kind] = map[string]cty.Value{}
		}
		kinds[d.kind][d.name] = d.value
	}
	data := map[string]cty.Value{}
	for kind, all := range kinds {
		data[kind] = cty.ObjectVal(all)
	}
	s.base.Variables["local"], s.base.Variables["data"] = cty.ObjectVal(locals), cty.ObjectVal(data)
}
