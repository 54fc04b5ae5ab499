package legacy

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// builder is one of "builders".
type builder struct {
	name, label, kind string
	at                hcl.Range // of its type
	nameAt            hcl.Range
	object            value
}

var rootNames = []string{
	"builders", "description", "error-cleanup-provisioner", "min_packer_version", "post-processors", "provisioners",
	"push", "sensitive-variables", "variables",
}

func (c *converter) root(root value) {
	for _, m := range root.members {
		if !slices.Contains(rootNames, m.name) && !strings.HasPrefix(m.name, "_") {
			c.fail(m.at, "Unsupported key", "A template has no %q.%s Keys that begin with _ are comments.", m.name, decode.Suggest(m.name, rootNames))
		}
	}
	c.declare(root)
	if m := root.get("min_packer_version"); m != nil && c.is(m, text) {
		c.comment("The oldest version of Packer whose language this template needs.")
		c.within(m.at, func() {
			c.out.WriteString("packer {\n  required_version = ")
			c.write(m.value.at, quote(">= "+m.value.text))
			c.out.WriteString("\n}\n\n")
		})
	}
	m := root.get("builders")
	if m == nil {
		c.fail(hcl.Range{Filename: root.at.Filename, Start: root.at.Start, End: root.at.Start}, "No builders", "A legacy JSON template has a list of \"builders\".")
		return
	}
	if c.is(m, list) {
		for _, item := range m.value.items {
			c.findBuilder(item)
		}
	}
	c.comment("What the builds start from; the build below changes and publishes it.")
	for _, b := range c.order {
		c.within(b.at, func() {
			c.write(b.at, "source ", quote(b.kind), " ", quote(b.label), " {")
			c.out.WriteString("\n")
			c.options(b.object.members, c.shapesOf(Builder, b.kind), "type", "name")
			c.out.WriteString("}\n\n")
		})
	}
	c.within(m.at, func() { c.build(root) })
	c.writeVariables()
}

func (c *converter) shapesOf(role Role, kind string) map[string]decode.Shape {
	if c.shapes == nil {
		return nil
	}
	return c.shapes(role, kind)
}

// kindOf is the type of a component.
func (c *converter) kindOf(v value, what string) (string, hcl.Range, bool) {
	if v.kind != object {
		c.fail(v.at, "Unsuitable "+what, "It is %s; an object with a \"type\" is needed.", v.kind)
		return "", v.at, false
	}
	m := v.get("type")
	if m == nil || m.value.kind != text || m.value.text == "" {
		c.fail(first(v.at), "Missing type", "The %s needs a \"type\".", what)
		return "", v.at, false
	}
	return m.value.text, hcl.RangeBetween(m.at, m.value.at), true
}

// first is the first character of a range.
func first(at hcl.Range) hcl.Range {
	end := at.Start
	end.Byte, end.Column = end.Byte+1, end.Column+1
	return hcl.Range{Filename: at.Filename, Start: at.Start, End: end}
}

func (c *converter) findBuilder(v value) {
	kind, at, ok := c.kindOf(v, "builder")
	if !ok {
		return
	}
	b := &builder{name: kind, kind: kind, at: at, nameAt: at, object: v}
	if m := v.get("name"); m != nil && c.is(m, text) {
		b.name, b.nameAt = m.value.text, m.value.at
	}
	if other := c.builders[b.name]; other != nil {
		c.fail(b.nameAt, "Duplicate builder", "The builder at %s has the name %q, too; give each its own \"name\".", other.nameAt, b.name)
		return
	}
	b.label = identifier(b.name)
	for slices.ContainsFunc(c.order, func(o *builder) bool { return o.kind == b.kind && o.label == b.label }) {
		b.label += "_"
	}
	c.builders[b.name] = b
	c.order = append(c.order, b)
}

func (c *converter) build(root value) {
	c.out.WriteString("build {\n")
	if m := root.get("description"); m != nil && c.is(m, text) {
		c.write(m.value.at, "description = ", quote(m.value.text))
		c.out.WriteString("\n")
	}
	c.where = inOption
	var plain []*builder
	for _, b := range c.order {
		if b.label == b.name {
			plain = append(plain, b)
		}
	}
	if len(plain) > 0 {
		c.out.WriteString("sources = [")
		for i, b := range plain {
			if i > 0 {
				c.out.WriteString(", ")
			}
			c.write(b.at, quote("source."+b.kind+"."+b.label))
		}
		c.out.WriteString("]\n")
	}
	for _, b := range c.order {
		if b.label != b.name {
			c.at = b.nameAt
			c.within(b.at, func() {
				c.out.WriteString("source " + quote("source."+b.kind+"."+b.label) + " {\n")
				c.write(b.nameAt, "name = ", c.expression(b.name))
				c.out.WriteString("\n}\n")
			})
		}
	}
	c.steps(root)
	c.out.WriteString("}\n\n")
}

func (c *converter) steps(root value) {
	if m := root.get("provisioners"); m != nil && c.is(m, list) {
		for _, item := range m.value.items {
			c.step("provisioner", Provisioner, item)
		}
	}
	if m := root.get("error-cleanup-provisioner"); m != nil {
		c.step("error-cleanup-provisioner", Provisioner, m.value)
	}
	m := root.get("post-processors")
	if m == nil || !c.is(m, list) {
		return
	}
	for _, item := range m.value.items {
		if item.kind != list {
			c.step("post-processor", PostProcessor, item)
			continue
		}
		c.within(item.at, func() {
			c.write(first(item.at), "post-processors {")
			c.out.WriteString("\n")
			for _, p := range item.items {
				c.step("post-processor", PostProcessor, p)
			}
			c.out.WriteString("}\n")
		})
	}
}

// step writes a provisioner or post-processor; a post-processor may be just its
// type.
func (c *converter) step(block string, role Role, v value) {
	kind, at, ok := v.text, v.at, v.text != ""
	if v.kind != text || role != PostProcessor {
		if kind, at, ok = c.kindOf(v, block); !ok {
			return
		}
	}
	meta := map[string]decode.Shape{"only": {List: true}, "except": {List: true}}
	shapes := c.shapesOf(role, kind)
	if shapes != nil {
		shapes = maps.Clone(shapes)
		maps.Copy(shapes, map[string]decode.Shape{
			"name": {}, "keep_input_artifact": {}, "pause_before": {}, "timeout": {}, "max_retries": {}, "override": {},
		})
		maps.Copy(shapes, meta)
	}
	c.within(at, func() {
		c.write(at, block, " ", quote(kind), " {")
		c.out.WriteString("\n")
		c.selection(v, "only")
		c.selection(v, "except")
		c.options(v.members, shapes, "type", "only", "except", "override")
		if m := v.get("override"); m != nil && c.is(m, object) {
			c.override(m)
		}
		c.out.WriteString("}\n")
	})
}

// override writes the options that a provisioner has for one builder.
func (c *converter) override(m *member) {
	for _, o := range m.value.members {
		c.lookup(o.name, o.at, "override")
	}
	c.within(m.at, func() {
		c.write(m.at, "override")
		c.out.WriteString(" = ")
		c.expr(m.value)
		c.out.WriteString("\n")
	})
}

// selection writes the builders for which a step is, or is not.
func (c *converter) selection(v value, name string) {
	m := v.get(name)
	if m == nil || m.value.kind == null {
		return
	}
	items := m.value.items
	if m.value.kind != list {
		items = []value{m.value}
	}
	c.within(m.at, func() {
		c.write(m.at, name)
		c.out.WriteString(" = [")
		for i, item := range items {
			if i > 0 {
				c.out.WriteString(", ")
			}
			if b := c.lookup(item.text, item.at, name); b != nil {
				c.at = item.at
				prefix := value{kind: text, text: b.kind + "." + b.name, at: item.at}
				c.scalar(prefix)
			}
		}
		c.out.WriteString("]\n")
	})
}

func (c *converter) lookup(name string, at hcl.Range, where string) *builder {
	b := c.builders[name]
	if b == nil {
		names := slices.Sorted(maps.Keys(c.builders))
		c.fail(at, "Unknown builder", "%s names the builder %q, which is not there.%s There are: %s.",
			where, name, decode.Suggest(name, names), strings.Join(names, ", "))
	}
	return b
}
