package scope

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/graph"
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
	late   bool // it needs a data source
	secret bool // a sensitive value goes into it
}

// mark tells what a vertex is from what it needs, which was marked before.
func (s *Scope) mark(v *vertex) {
	v.secret = v.local != nil && v.local.sensitive
	for _, ref := range v.refs {
		if in := s.variables[hclfile.Step(ref, 1)]; ref.RootName() == "var" && in != nil && in.Sensitive {
			v.secret = true
		}
	}
	for _, other := range s.needs(v.refs) {
		v.late, v.secret = v.late || other.late || other.data != nil, v.secret || other.secret
	}
}

// needs lists the vertices that references mean; without a name, all there are.
func (s *Scope) needs(refs []hcl.Traversal) []*vertex {
	var all []*vertex
	for _, ref := range refs {
		switch name := hclfile.Step(ref, 1); {
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
				if other := hclfile.Step(ref, 2); (name == "" || name == d.kind) && (other == "" || other == d.name) {
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

// order lists what the vertices need, then themselves; a circle is named and broken.
func (s *Scope) order(all []*vertex) []*vertex {
	return graph.Order(all, func(v *vertex) []*vertex { return s.needs(v.refs) }, s.circle)
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
