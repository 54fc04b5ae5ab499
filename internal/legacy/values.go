package legacy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
	"github.com/ovenbird-io/ovenbird/internal/legacytext"
)

// scalar writes a value that is no list or object.
func (c *converter) scalar(v jsontree.Value) {
	c.at = v.At
	switch v.Kind {
	case jsontree.Null:
		c.write(v.At, "null")
	case jsontree.Text:
		c.write(v.At, legacytext.Expression(v.Text, c))
	default:
		if _, err := strconv.ParseFloat(v.Text, 64); v.Kind == jsontree.Number && err != nil {
			c.fail(v.At, "Unsuitable number", "It is too large: %s.", v.Text)
			v.Text = "0"
		}
		c.write(v.At, v.Text)
	}
}

// value writes a value as the shape of its option wants it; the zero Shape wants
// nothing. JSON templates may be careless: one is as good as a list of one, text
// between commas is a list, a list of maps is one map, and true is 1.
func (c *converter) value(v jsontree.Value, s decode.Shape) {
	switch {
	case s.Map && v.Kind == jsontree.List && (len(v.Items) == 0 || objects(v)):
		all := jsontree.Value{Kind: jsontree.Object, At: v.At}
		for _, item := range v.Items {
			all.Members = append(all.Members, item.Members...)
		}
		v = all
	case s.List && v.Kind == jsontree.Text:
		c.at = v.At
		items, list := legacytext.Items(v.Text, c)
		if list != "" {
			c.write(v.At, list)
			return
		}
		text := v
		v = jsontree.Value{Kind: jsontree.List, At: v.At}
		for _, item := range items {
			text.Text = item
			v.Items = append(v.Items, text)
		}
	case s.List && v.Kind == jsontree.Object && len(v.Members) == 0:
		v.Kind = jsontree.List
	case s.List && v.Kind != jsontree.List && v.Kind != jsontree.Null:
		v = jsontree.Value{Kind: jsontree.List, Items: []jsontree.Value{v}, At: v.At}
	case s.Number && v.Kind == jsontree.Text:
		c.number(v)
		return
	case s.Text && v.Kind == jsontree.Boolean:
		v = jsontree.Value{Kind: jsontree.Text, Text: map[string]string{"true": "1", "false": "0"}[v.Text], At: v.At}
	}
	c.compound(v, s)
}

// compound writes a value and, if it is a list or an object, what is in it.
func (c *converter) compound(v jsontree.Value, s decode.Shape) {
	var elem decode.Shape
	if s.Elem != nil {
		elem = *s.Elem
	}
	switch v.Kind {
	case jsontree.List:
		c.within(v.At, func() {
			c.out.WriteString("[")
			for i, item := range v.Items {
				if i > 0 {
					c.out.WriteString(", ")
				}
				c.element(item, elem)
			}
			c.out.WriteString("]")
		})
	case jsontree.Object:
		c.within(v.At, func() {
			c.out.WriteString("{\n")
			for _, m := range v.Members {
				c.key(m)
				c.out.WriteString(" = ")
				c.element(m.Value, elem)
				c.out.WriteString("\n")
			}
			c.out.WriteString("}")
		})
	default:
		c.scalar(v)
	}
}

// element writes what is in a list or a map, where null is as good as empty text.
func (c *converter) element(v jsontree.Value, s decode.Shape) {
	if v.Kind == jsontree.Null && s.Text {
		v = jsontree.Value{Kind: jsontree.Text, At: v.At}
	}
	c.value(v, s)
}

// key writes the key of a map.
func (c *converter) key(m jsontree.Member) {
	c.at = m.At
	key := legacytext.Expression(m.Name, c)
	if !strings.HasPrefix(key, `"`) {
		key = "(" + key + ")"
	} else if hclsyntax.ValidIdentifier(m.Name) && m.Name != "for" && m.Name != "null" && m.Name != "true" && m.Name != "false" {
		key = m.Name
	}
	c.write(m.At, key)
}

// options writes the members of a component, or of a block in it, but those in
// skip.
func (c *converter) options(members []jsontree.Member, shapes map[string]decode.Shape, skip ...string) {
	c.where = inOption
	for _, m := range members {
		if slices.Contains(skip, m.Name) {
			continue
		}
		name, shape := find(shapes, m.Name)
		if !hclsyntax.ValidIdentifier(name) {
			c.fail(m.At, "Unsupported argument", "An argument named %q is not expected here.%s", m.Name, decode.Suggest(m.Name, nil))
			continue
		}
		c.option(name, m, shape, shapes != nil)
	}
}

// find is the option that a name means, whatever its case, and its shape.
func find(shapes map[string]decode.Shape, name string) (string, decode.Shape) {
	if shape, known := shapes[name]; known {
		return name, shape
	}
	for other, shape := range shapes {
		if strings.EqualFold(other, name) {
			return other, shape
		}
	}
	return name, decode.Shape{}
}

func (c *converter) option(name string, m jsontree.Member, shape decode.Shape, known bool) {
	v := m.Value
	if shape.Block || !known && objects(v) {
		blocks := []jsontree.Value{v}
		if v.Kind == jsontree.List {
			blocks = v.Items
		}
		fits := !slices.ContainsFunc(blocks, func(b jsontree.Value) bool { return b.Kind != jsontree.Object })
		if fits {
			for _, b := range blocks {
				c.within(b.At, func() {
					c.write(m.At, name, " {")
					c.out.WriteString("\n")
					c.options(b.Members, shape.Fields)
					c.out.WriteString("}\n")
				})
			}
			return
		}
		if v.Kind == jsontree.Null {
			return
		}
	}
	if shape.Block && shape.List && v.Kind != jsontree.List && v.Kind != jsontree.Null {
		v = jsontree.Value{Kind: jsontree.List, Items: []jsontree.Value{v}, At: v.At}
	}
	c.within(hcl.RangeBetween(m.At, m.Value.At), func() {
		c.write(m.At, name)
		c.out.WriteString(" = ")
		c.value(v, shape)
		c.out.WriteString("\n")
	})
}

// number writes text for a number, or for true or false, where empty text
// means that it is not set.
func (c *converter) number(v jsontree.Value) {
	c.at = v.At
	expr := legacytext.Expression(v.Text, c)
	switch b, err := strconv.ParseBool(v.Text); {
	case v.Text == "":
		expr = "null"
	case err == nil && len(v.Text) > 1:
		expr = legacytext.Quote(strconv.FormatBool(b))
	case c.mayBeEmpty(expr):
		expr += " != \"\" ? " + expr + " : null"
	}
	c.write(v.At, expr)
}

// mayBeEmpty tells whether an expression can be empty text: for people, only a
// variable that is so by default.
func (c *converter) mayBeEmpty(expr string) bool {
	if strings.HasPrefix(expr, `"`) {
		return false
	}
	for _, v := range c.variables {
		if expr == "var."+v.name || expr == "local."+v.name {
			return c.loading || v.value == nil || v.value.Text == ""
		}
	}
	return false
}

// objects tells whether v is a list of objects: blocks, in a component that
// nothing is known of.
func objects(v jsontree.Value) bool {
	return v.Kind == jsontree.List && len(v.Items) > 0 && !slices.ContainsFunc(v.Items, func(i jsontree.Value) bool { return i.Kind != jsontree.Object })
}
