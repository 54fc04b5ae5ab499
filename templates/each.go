package templates

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

// turn is one turn of a block with for_each: the block stands once for each
// element. A nil turn is that of a block without for_each.
type turn struct {
	key   string
	value cty.Value
}

// instance is a source or build block in one of its turns.
type instance struct {
	block *hcl.Block
	body  hcl.Body // without for_each
	turn  *turn
}

// join puts the turn's key behind a name.
func (e *turn) join(name string) string {
	switch {
	case e == nil:
		return name
	case name == "":
		return e.key
	}
	return name + "." + e.key
}

// context is what expressions of a block can use in its turn, with more names.
func (t *template) context(e *turn, more map[string]cty.Value) *hcl.EvalContext {
	names := maps.Clone(more)
	if names == nil {
		names = map[string]cty.Value{}
	}
	if e != nil {
		names["each"] = cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(e.key), "value": e.value})
	}
	return t.scope.Within(names)
}

// evaluator evaluates expressions of a block in its turn.
func (t *template) evaluator(e *turn) func(hcl.Expression) (cty.Value, hcl.Diagnostics) {
	return t.scope.Evaluator(t.context(e, nil))
}

// instances lists the top-level blocks of one type, once for each turn.
func (t *template) instances(kind string) []instance {
	schema := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "for_each"}}}
	var all []instance
	for _, b := range t.expanded(kind) {
		content, rest, diags := b.Body.PartialContent(schema)
		t.diags = append(t.diags, diags...)
		attr := content.Attributes["for_each"]
		if attr == nil {
			all = append(all, instance{block: b, body: rest})
			continue
		}
		turns := t.turns(attr)
		if len(turns) == 0 && kind == "source" {
			t.empty[b.Labels[0]+"."+b.Labels[1]] = true
		}
		for _, e := range turns {
			body := rest
			if raw := t.raw(b); raw != nil { // its dynamic blocks may use each
				_, unexpanded, _ := raw.Body.PartialContent(schema)
				body = dynblock.Expand(unexpanded, t.context(e, nil))
			}
			all = append(all, instance{block: b, body: body, turn: e})
		}
	}
	return all
}

// raw is the block as it stands in its file, or nil if a dynamic block made it.
func (t *template) raw(b *hcl.Block) *hcl.Block {
	for _, raw := range t.blocks {
		if raw.Type == b.Type && raw.DefRange == b.DefRange {
			return raw
		}
	}
	return nil
}

// turns evaluates for_each: a map, or a set or list of different strings.
func (t *template) turns(attr *hcl.Attribute) []*turn {
	at := attr.Expr.Range()
	value, diags := t.evaluator(nil)(attr.Expr)
	t.diags = append(t.diags, diags...)
	if diags.HasErrors() {
		return nil
	}
	kind := value.Type()
	list := kind.IsSetType() || kind.IsListType() || kind.IsTupleType()
	switch {
	case t.unread(value, at):
		return nil
	case !value.IsKnown():
		t.fail(&at, "Unknown for_each", "What it depends on is known only when the template is built, so its builds cannot be named.")
		return nil
	case value.IsNull(), !list && !kind.IsMapType() && !kind.IsObjectType():
		t.fail(&at, "Unsuitable for_each", "A map or a set of strings is needed: { key = value } or [\"key\", ...].")
		return nil
	}
	var all []*turn
	for it := value.ElementIterator(); it.Next(); {
		key, element := it.Element()
		if list {
			key = element
		}
		if e := t.turn(key, element, at); e != nil {
			if slices.ContainsFunc(all, func(other *turn) bool { return other.key == e.key }) {
				t.fail(&at, "Unsuitable for_each", fmt.Sprintf("%q is there twice.", e.key))
				continue
			}
			all = append(all, e)
		}
	}
	return all
}

func (t *template) turn(key, value cty.Value, at hcl.Range) *turn {
	if !key.IsKnown() || key.IsNull() || key.Type() != cty.String {
		t.fail(&at, "Unsuitable for_each", "Each key becomes part of a name, so it must be a string.")
		return nil
	}
	if name := key.AsString(); !regexp.MustCompile(`^[A-Za-z0-9._-]+$`).MatchString(name) {
		t.fail(&at, "Unsuitable for_each", fmt.Sprintf(
			"%q becomes part of a name, so it may have only letters, digits, \"-\", \"_\" and \".\".", name))
		return nil
	}
	return &turn{key: key.AsString(), value: value}
}

// explainEach says where each is when it was used elsewhere.
func explainEach(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Summary == "Unknown variable" && strings.HasPrefix(d.Detail, `There is no variable named "each".`) {
			d.Summary = "No each here"
			d.Detail = "each.key and each.value exist only within a source or build block that has for_each."
		}
	}
}

// choice is the error for a reference to one of the sources that for_each made
// of a block, when the reference leaves open which.
func choice(ref string, all []*source, at hcl.Range) *hcl.Diagnostic {
	return hclfile.Error(&at, "Several sources", fmt.Sprintf(
		"%s has for_each; name one of its sources, such as \"source.%s\".", ref, all[0].key()))
}
