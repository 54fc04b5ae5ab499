package recipe

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Turn is one turn of a block with for_each: the block stands once for each
// element. A nil turn is that of a block without for_each.
type Turn struct {
	key   string
	value cty.Value
}

// Instance is a source or build block in one of its turns.
type Instance struct {
	Block *hcl.Block
	Body  hcl.Body // without for_each
	Turn  *Turn
}

// Join puts the turn's key behind a name.
func (e *Turn) Join(name string) string {
	switch {
	case e == nil:
		return name
	case name == "":
		return e.key
	}
	return name + "." + e.key
}

// Context is what expressions of a block can use in its turn, with more names.
func (r *Recipe) Context(e *Turn, more map[string]cty.Value) *hcl.EvalContext {
	names := maps.Clone(more)
	if names == nil {
		names = map[string]cty.Value{}
	}
	if e != nil {
		names["each"] = cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(e.key), "value": e.value})
	}
	return r.Scope.Within(names)
}

// Evaluator evaluates expressions of a block in its turn.
func (r *Recipe) Evaluator(e *Turn) func(hcl.Expression) (cty.Value, hcl.Diagnostics) {
	return r.Scope.Evaluator(r.Context(e, nil))
}

// Instances lists the top-level blocks of one type, once for each turn.
func (r *Recipe) Instances(kind string) []Instance {
	schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "for_each"}}}
	var all []Instance
	for _, b := range r.expanded(kind) {
		content, rest, diags := b.Body.PartialContent(schema)
		r.Diags = append(r.Diags, diags...)
		attr := content.Attributes["for_each"]
		if attr == nil {
			all = append(all, Instance{Block: b, Body: rest})
			continue
		}
		turns := r.turns(attr)
		if len(turns) == 0 && kind == "source" {
			r.empty[b.Labels[0]+"."+b.Labels[1]] = true
		}
		for _, e := range turns {
			body := rest
			if raw := r.raw(b); raw != nil { // its dynamic blocks may use each
				_, unexpanded, _ := raw.Body.PartialContent(schema)
				body = dynblock.Expand(unexpanded, r.Context(e, nil))
			}
			all = append(all, Instance{Block: b, Body: body, Turn: e})
		}
	}
	return all
}

// raw is the block as it stands in its file, or nil if a dynamic block made it.
func (r *Recipe) raw(b *hcl.Block) *hcl.Block {
	for _, raw := range r.Blocks {
		if raw.Type == b.Type && raw.DefRange == b.DefRange {
			return raw
		}
	}
	return nil
}

// turns evaluates for_each: a map, or a set or list of different strings.
func (r *Recipe) turns(attr *hcl.Attribute) []*Turn {
	at := attr.Expr.Range()
	value, diags := r.Evaluator(nil)(attr.Expr)
	r.Diags = append(r.Diags, diags...)
	if diags.HasErrors() {
		return nil
	}
	kind := value.Type()
	list := kind.IsSetType() || kind.IsListType() || kind.IsTupleType()
	switch {
	case list && !value.IsWhollyKnown() && r.unread(cty.DynamicVal, at), r.unread(value, at):
		return nil
	case !value.IsKnown():
		r.Fail(&at, "Unknown for_each", "What it depends on is known only when the template is built, so its builds cannot be named.")
		return nil
	case value.IsNull(), !list && !kind.IsMapType() && !kind.IsObjectType():
		r.Fail(&at, "Unsuitable for_each", "A map or a set of strings is needed: { key = value } or [\"key\", ...].")
		return nil
	}
	var all []*Turn
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if list {
			key = element
		}
		if e := r.turn(key, element, at); e != nil {
			if slices.ContainsFunc(all, func(other *Turn) bool { return other.key == e.key }) {
				r.Fail(&at, "Unsuitable for_each", fmt.Sprintf("%q is there twice.", e.key))
				continue
			}
			all = append(all, e)
		}
	}
	return all
}

func (r *Recipe) turn(key, value cty.Value, at hcl.Range) *Turn {
	if !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
		r.Fail(&at, "Unsuitable for_each", "Each key becomes part of a name, so it must be a string.")
		return nil
	}
	if name := key.AsString(); !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(name) {
		r.Fail(&at, "Unsuitable for_each", fmt.Sprintf(
			"%q becomes part of a name, so it may have only letters, digits, \"-\", \"_\" and \".\".", name))
		return nil
	}
	return &Turn{key: key.AsString(), value: value}
}

// ExplainEach says where each is when it was used elsewhere.
func ExplainEach(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Summary == "Unknown variable" && strings.HasPrefix(d.Detail, `There is no variable named "each".`) {
			d.Summary = "No each here"
			d.Detail = "each.key and each.value exist only within a source or build block that has for_each."
		}
	}
}

// choice is the error for a reference to one of the sources that for_each made
// of a block, when the reference leaves open which.
func choice(ref string, all []*Source, at hcl.Range) *hcl.Diagnostic {
	return hclfile.Error(&at, "Several sources", fmt.Sprintf(
		"%s has for_each; name one of its sources, such as \"source.%s\".", ref, all[0].Key()))
}
