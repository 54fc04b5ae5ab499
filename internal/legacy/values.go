package legacy

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// scalar writes a value that is no list or object.
func (c *converter) scalar(v value) {
	c.at = v.at
	switch v.kind {
	case null:
		c.write(v.at, "null")
	case text:
		c.write(v.at, c.expression(v.text))
	default:
		c.write(v.at, v.text)
	}
}

// expr writes any value.
func (c *converter) expr(v value) {
	switch v.kind {
	case list:
		c.within(v.at, func() {
			c.out.WriteString("[")
			for i, item := range v.items {
				if i > 0 {
					c.out.WriteString(", ")
				}
				c.expr(item)
			}
			c.out.WriteString("]")
		})
	case object:
		c.within(v.at, func() {
			c.out.WriteString("{\n")
			for _, m := range v.members {
				c.at = m.at
				key := c.expression(m.name)
				if !strings.HasPrefix(key, `"`) {
					key = "(" + key + ")"
				} else if hclsyntax.ValidIdentifier(m.name) && m.name != "for" && m.name != "null" && m.name != "true" && m.name != "false" {
					key = m.name
				}
				c.write(m.at, key)
				c.out.WriteString(" = ")
				c.expr(m.value)
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
func (c *converter) options(members []member, shapes map[string]decode.Shape, skip ...string) {
	c.where = inOption
	for _, m := range members {
		if slices.Contains(skip, m.name) {
			continue
		}
		name := m.name
		shape, known := shapes[name]
		for other, s := range shapes {
			if !known && strings.EqualFold(other, name) {
				name, shape = other, s
			}
		}
		if !hclsyntax.ValidIdentifier(name) {
			c.fail(m.at, "Unsupported argument", "An argument named %q is not expected here.%s", m.name, decode.Suggest(m.name, nil))
			continue
		}
		c.option(name, m, shape, known || shapes != nil)
	}
}

func (c *converter) option(name string, m member, shape decode.Shape, known bool) {
	v := m.value
	if shape.Block || !known && objects(v) {
		blocks := []value{v}
		if v.kind == list {
			blocks = v.items
		}
		fits := !slices.ContainsFunc(blocks, func(b value) bool { return b.kind != object })
		if fits {
			for _, b := range blocks {
				c.within(b.at, func() {
					c.write(m.at, name, " {")
					c.out.WriteString("\n")
					c.options(b.members, shape.Fields)
					c.out.WriteString("}\n")
				})
			}
			return
		}
		if v.kind == null {
			return
		}
	}
	if shape.List && v.kind != list && v.kind != null {
		v = value{kind: list, items: []value{v}, at: v.at} // one is as good as a list of one
	}
	c.within(m.at, func() {
		c.write(m.at, name)
		c.out.WriteString(" = ")
		c.expr(v)
		c.out.WriteString("\n")
	})
}

// objects tells whether v is a list of objects: blocks, in a component that
// nothing is known of.
func objects(v value) bool {
	return v.kind == list && len(v.items) > 0 && !slices.ContainsFunc(v.items, func(i value) bool { return i.kind != object })
}
