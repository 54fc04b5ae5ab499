package scope

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// vertex is a local or a data source: what others may have to wait for.
type vertex struct {
	id     string // as expressions name it
	at     hcl.Range
	refs   []hcl.Traversal
	local  *local
	data   *datum
	broken bool // it needs itself; its value stays unknown
	asked  bool // something that is built needs it
}

// needs lists the vertices that references mean; without a name, all there are.
func (s *Scope) needs(refs []hcl.Traversal) []*vertex {
	var all []*vertex
	for _, ref := range refs {
		switch name := second(ref); {
		case ref.RootName() == "local" && name != "":
			if l := s.locals[name]; l != nil {
				all = append(all, &l.vertex)
			}
		case ref.RootName() == "local":
			for _, l := range s.locals {
				all = append(all, &l.vertex)
			}
		case ref.RootName() == "data":
			for _, d := range s.data {
				if other := third(ref); (name == "" || name == d.kind) && (other == "" || other == d.name) {
					all = append(all, &d.vertex)
				}
			}
		}
	}
	return sorted(all)
}

func sorted(all []*vertex) []*vertex {
	slices.SortFunc(all, func(a, b *vertex) int { return hclfile.Compare(a.at, b.at) })
	return slices.Compact(all)
}

// vertices are all locals and data sources as they stand in the files.
func (s *Scope) vertices() []*vertex {
	var all []*vertex
	for _, l := range s.locals {
		all = append(all, &l.vertex)
	}
	for _, d := range s.data {
		all = append(all, &d.vertex)
	}
	return sorted(all)
}

// order lists what the vertices need, then themselves, each once and behind
// what it needs. A circle is named and broken.
func (s *Scope) order(all []*vertex) []*vertex {
	var ordered, way []*vertex
	seen := map[*vertex]bool{}
	var visit func(v *vertex)
	visit = func(v *vertex) {
		if i := slices.Index(way, v); i >= 0 {
			s.circle(way[i:])
			return
		}
		if seen[v] {
			return
		}
		seen[v], way = true, append(way, v)
		for _, other := range s.needs(v.refs) {
			visit(other)
		}
		way = way[:len(way)-1]
		ordered = append(ordered, v)
	}
	for _, v := range all {
		visit(v)
	}
	return ordered
}

func (s *Scope) circle(way []*vertex) {
	what := "Locals"
	var names []string
	for _, v := range way {
		v.broken = true
		names = append(names, v.id)
		if v.data != nil {
			what = "Locals and data sources"
		}
	}
	at := way[0].at
	if l := way[0].local; l != nil {
		at = l.expr.Range()
	}
	s.fail(&at, what+" refer to each other in a circle", strings.Join(append(names, names[0]), " -> ")+".")
}

// References lists what the expressions in a body of a file refer to; those of
// dynamic blocks include their iterators.
func References(body hcl.Body) []hcl.Traversal {
	syntax, native := body.(*hclsyntax.Body)
	if !native { // JSON, where a block is an object
		attrs, _ := body.JustAttributes() // what is wrong is said when it is decoded
		var refs []hcl.Traversal
		for _, attr := range hclfile.InOrder(attrs) {
			refs = append(refs, attr.Expr.Variables()...)
		}
		return refs
	}
	var refs []hcl.Traversal
	for _, attr := range syntax.Attributes {
		refs = append(refs, attr.Expr.Variables()...)
	}
	for _, b := range syntax.Blocks {
		refs = append(refs, References(b.Body)...)
	}
	return refs
}

// DynamicReferences lists what decides which blocks the dynamic ones of a body
// become. Those in JSON cannot be told from others, so all count.
func DynamicReferences(b *hcl.Block) []hcl.Traversal {
	syntax, native := b.Body.(*hclsyntax.Body)
	if !native {
		return References(b.Body)
	}
	return dynamicReferences(b.Type, syntax)
}

func dynamicReferences(kind string, body *hclsyntax.Body) []hcl.Traversal {
	var refs []hcl.Traversal
	for name, attr := range body.Attributes {
		if name == "for_each" || name == "labels" && kind == "dynamic" {
			refs = append(refs, attr.Expr.Variables()...)
		}
	}
	for _, b := range body.Blocks {
		refs = append(refs, dynamicReferences(b.Type, b.Body)...)
	}
	return refs
}
