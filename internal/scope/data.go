package scope

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Sources say which data sources there are, and how to read one.
type Sources struct {
	New   func(kind, name string) datasource.Source // nil for a kind that does not exist
	Kinds []string
	// Read reads one; several are read at once. Nil, or a nil map: what it
	// tells stays unknown.
	Read func(id string, source datasource.Source) (map[string]cty.Value, error)
}

// datum is one data block.
type datum struct {
	vertex
	kind, name string
	block      *hcl.Block
	value      cty.Value
}

// UseSources is called before EvaluateLocals. Without it the data sources of a
// template are unknown, whatever their types.
func (s *Scope) UseSources(sources Sources) { s.sources = sources }

// StopReading makes the scope safe for several goroutines: what was not needed
// until now stays unknown.
func (s *Scope) StopReading() { s.sources = Sources{} }

func (s *Scope) declareData(b *hcl.Block) {
	d := &datum{kind: b.Labels[0], name: b.Labels[1], block: b, value: cty.DynamicVal}
	id := d.kind + "." + d.name
	if first := s.data[id]; first != nil {
		s.diags = append(s.diags, hclfile.Duplicate(b.DefRange, first.at, "Duplicate data source",
			fmt.Sprintf("data.%s is already defined at %s.", id, first.at)))
		return
	}
	d.vertex = vertex{id: "data." + id, at: b.DefRange, refs: hclfile.References(b.Body), data: d}
	s.data[id] = d
}

// HasData tells whether the template has data sources.
func (s *Scope) HasData() bool { return len(s.data) > 0 }

func (s *Scope) source(d *datum) datasource.Source {
	if s.sources.New == nil {
		return nil
	}
	return s.sources.New(d.kind, d.name)
}

// placeholder is what a data source tells before it is read.
func (s *Scope) placeholder(d *datum) cty.Value {
	source := s.source(d)
	if source == nil || d.broken {
		return cty.DynamicVal
	}
	return source.Outputs().Unknown()
}

// decode decodes the options by what is known now.
func (s *Scope) decode(d *datum, source datasource.Source) hcl.Diagnostics {
	_, diags := decode.Component(decode.Source{
		Bodies: []hcl.Body{dynblock.Expand(d.block.Body, s.base)}, Block: d.at, Files: s.files,
		Text: gotmpl.Funcs{TemplateDir: s.root, Start: s.start},
		Eval: func(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
			if diags := s.undeclared(expr.Variables()); diags.HasErrors() {
				return cty.DynamicVal, diags
			}
			return expr.Value(s.base)
		},
	}, source)
	return diags
}

// Need reads the data sources that references need, independent ones at the
// same time, and evaluates the locals in between. Each is read once.
func (s *Scope) Need(refs []hcl.Traversal) hcl.Diagnostics {
	if len(s.data) == 0 || s.sources.New == nil {
		return nil
	}
	var todo []*vertex
	for _, v := range s.needs(refs) {
		if !v.asked {
			todo = append(todo, v)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	before := s.diags
	s.diags = nil
	todo = slices.DeleteFunc(s.order(todo), func(v *vertex) bool { return v.asked || v.broken })
	s.diags = nil // circles were named before
	pending := map[*vertex]bool{}
	for _, v := range todo {
		v.asked, pending[v] = true, true
	}
	for len(todo) > 0 && !s.diags.HasErrors() {
		todo = s.wave(todo, pending)
		s.publish()
	}
	found := s.diags
	s.diags = before
	return found
}

// wave deals with what waits for nothing, and returns the rest.
func (s *Scope) wave(todo []*vertex, pending map[*vertex]bool) (rest []*vertex) {
	var ready []*datum
	for _, v := range todo {
		switch {
		case slices.ContainsFunc(s.needs(v.refs), func(other *vertex) bool { return pending[other] }):
			rest = append(rest, v)
		case v.data != nil:
			ready = append(ready, v.data)
		default:
			if v.late {
				s.evaluate(v.local)
			}
			delete(pending, v)
		}
	}
	s.publish()
	s.readAll(ready)
	for _, d := range ready {
		delete(pending, &d.vertex)
	}
	return rest
}

// readAll reads data sources side by side.
func (s *Scope) readAll(all []*datum) {
	readings := map[*datum]*datasource.Reading{}
	for _, d := range all {
		source := s.source(d)
		if source == nil {
			s.fail(&d.block.LabelRanges[0], fmt.Sprintf("Unknown data source %q", d.kind), fmt.Sprintf(
				"There is no data source %q.%s There are: %s.", d.kind, decode.Suggest(d.kind, s.sources.Kinds), strings.Join(s.sources.Kinds, ", ")))
			continue
		}
		if s.sources.Read == nil {
			continue
		}
		diags := s.decode(d, source)
		if s.diags = append(s.diags, diags...); !diags.HasErrors() {
			readings[d] = &datasource.Reading{ID: d.id, Source: source}
		}
	}
	if s.diags.HasErrors() {
		return
	}
	datasource.ReadAll(slices.Collect(maps.Values(readings)), s.sources.Read)
	for _, d := range all {
		if r := readings[d]; r != nil {
			s.settleReading(d, r)
		}
	}
}

func (s *Scope) settleReading(d *datum, r *datasource.Reading) {
	switch {
	case r.Err != nil:
		failure := &datasource.ReadError{Source: d.id, Err: r.Err}
		diag := hclfile.Error(&d.at, failure.Error(), "")
		diag.Extra = failure
		s.diags = append(s.diags, diag)
	case r.Value != cty.NilVal:
		d.value = r.Value
		s.hide(r.Secrets(d.secret)...)
	}
}
