package legacy

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
)

// scalar writes a value that is no list or object.
func (c *converter) scalar(v jsontree.Value) {
	c.at = v.At
	switch v.Kind {
	case jsontree.Null:
		c.write(v.At, "null")
	case jsontree.Text:
		c.write(v.At, c.expression(v.Text))
	default:
		c.write(v.At, v.Text)
	}
}

// expr writes any value.
func (c *converter) expr(v jsontree.Value) {
	switch v.Kind {
	case jsontree.List:
		c.within(v.At, func() {
			c.out.WriteString("[")
			for i, item := range v.Items {
				if i > 0 {
					c.out.WriteString(", ")
				}
				c.expr(item)
			}
			c.out.WriteString("]")
		})
	case jsontree.Object:
		c.within(v.At, func() {
			c.out.WriteString("{\n")
			for _, m := range v.Members {
				c.at = m.At
				key := c.expression(m.Name)
				if !strings.HasPrefix(key, `"`) {
					key = "(" + key + ")"
				} else if hclsyntax.ValidIdentifier(m.Name) && m.Name != "for" && m.Name != "null" && m.Name != "true" && m.Name != "false" {
					key = m.Name
				}
				c.write(m.At, key)
				c.out.WriteString(" = ")
				c.expr(m.Value)
				c.out.WriteString("\n")
			}
			c.out.WriteString("}")
		})
	default:
		c.scalar(v)
	}
}

// options writes the members of a component, or of a block in it, but those in
// skip.
func (c *converter) options(members []jsontree.Member, shapes map[string]decode.Shape, skip ...string) {
	c.where = inOption
	for _, m := range members {
		if slices.Contains(skip, m.Name) {
			continue
		}
		name := m.Name
		shape, known := shapes[name]
		for other, s := range shapes {
			if !known && strings.EqualFold(other, name) {
				name, shape = other, s
			}
		}
		if !hclsyntax.ValidIdentifier(name) {
			c.fail(m.At, "Unsupported argument", "An argument named %q is not expected here.%s", m.Name, decode.Suggest(m.Name, nil))
			continue
		}
		c.option(name, m, shape, known || shapes != nil)
	}
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
	if shape.List && v.Kind != jsontree.List && v.Kind != jsontree.Null {
		v = jsontree.Value{Kind: jsontree.List, Items: []jsontree.Value{v}, At: v.At} // one is as good as a list of one
	}
	c.within(hcl.RangeBetween(m.At, m.Value.At), func() {
		c.write(m.At, name)
		c.out.WriteString(" = ")
		if shape.Number && v.Kind == jsontree.Text {
			c.number(v)
		} else {
			c.expr(v)
		}
		c.out.WriteString("\n")
	})
}

// number writes text for a number, or for true or false, where empty text
// means that it is not set.
func (c *converter) number(v jsontree.Value) {
	c.at = v.At
	expr := c.expression(v.Text)
	if expr == `""` {
		expr = "null"
	}
	for _, name := range c.names {
		given := c.variables[name]
		if (expr == "var."+given.name || expr == "local."+given.name) && (given.value == nil || given.value.Text == "") {
			expr += " != \"\" ? " + expr + " : null"
			break
		}
	}
	c.write(v.At, expr)
}

// objects tells whether v is a list of objects: blocks, in a component that
// nothing is known of.
func objects(v jsontree.Value) bool {
	return v.Kind == jsontree.List && len(v.Items) > 0 && !slices.ContainsFunc(v.Items, func(i jsontree.Value) bool { return i.Kind != jsontree.Object })
}
