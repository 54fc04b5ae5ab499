package legacy

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
	"github.com/ovenbird-io/ovenbird/internal/legacytext"
)

// builder is one of "builders".
type builder struct {
	name, label, kind string
	at                hcl.Range // of its type
	nameAt            hcl.Range
	object            jsontree.Value
}

var rootNames = []string{
	"builders", "description", "error-cleanup-provisioner", "min_packer_version", "post-processors", "provisioners",
	"push", "sensitive-variables", "variables",
}

func (c *converter) root(root jsontree.Value) {
	for _, m := range root.Members {
		if !slices.Contains(rootNames, m.Name) && !strings.HasPrefix(m.Name, "_") {
			c.fail(m.At, "Unsupported key", "A template has no %q.%s Keys that begin with _ are comments.", m.Name, decode.Suggest(m.Name, rootNames))
		}
	}
	c.declare(root)
	if m := root.Get("min_packer_version"); m != nil && c.is(m, jsontree.Text) {
		c.comment("The oldest version of Packer whose language this template needs.")
		c.within(m.At, func() {
			c.out.WriteString("packer {\n  required_version = ")
			c.write(m.Value.At, legacytext.Quote(">= "+m.Value.Text))
			c.out.WriteString("\n}\n\n")
		})
	}
	m := root.Get("builders")
	if m != nil && c.is(m, jsontree.List) {
		for _, item := range m.Value.Items {
			c.findBuilder(item)
		}
	}
	if len(c.order) == 0 {
		if m == nil || m.Value.Kind == jsontree.List && len(m.Value.Items) == 0 {
			c.fail(first(root.At), "No builders", "A legacy JSON template has a list of \"builders\", with one at least.")
		}
		c.out.Reset() // the rest would only say the same
		return
	}
	c.comment("What the builds start from; the build below changes and publishes it.")
	for _, b := range c.order {
		c.within(b.at, func() {
			c.write(b.at, "source ", legacytext.Quote(b.kind), " ", legacytext.Quote(b.label), " {")
			c.out.WriteString("\n")
			c.options(b.object.Members, c.shapesOf(Builder, b.kind), "type", "name")
			c.out.WriteString("}\n\n")
		})
	}
	c.within(m.At, func() { c.build(root) })
	c.writeVariables()
}

func (c *converter) shapesOf(role Role, kind string) map[string]decode.Shape {
	if c.shapes == nil {
		return nil
	}
	return c.shapes(role, kind)
}

// kindOf is the type of a component.
func (c *converter) kindOf(v jsontree.Value, what string) (string, hcl.Range, bool) {
	if v.Kind != jsontree.Object {
		c.fail(v.At, "Unsuitable "+what, "It is %s; an object with a \"type\" is needed.", v.Kind)
		return "", v.At, false
	}
	m := v.Get("type")
	if m == nil || m.Value.Kind != jsontree.Text || m.Value.Text == "" {
		c.fail(first(v.At), "Missing type", "The %s needs a \"type\".", what)
		return "", v.At, false
	}
	return m.Value.Text, hcl.RangeBetween(m.At, m.Value.At), true
}

// first is the first character of a range.
func first(at hcl.Range) hcl.Range {
	end := at.Start
	end.Byte, end.Column = end.Byte+1, end.Column+1
	return hcl.Range{Filename: at.Filename, Start: at.Start, End: end}
}

func (c *converter) findBuilder(v jsontree.Value) {
	kind, at, ok := c.kindOf(v, "builder")
	if !ok {
		return
	}
	b := &builder{name: kind, kind: kind, at: at, nameAt: at, object: v}
	if m := v.Get("name"); m != nil && c.is(m, jsontree.Text) {
		b.name, b.nameAt = m.Value.Text, m.Value.At
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

func (c *converter) build(root jsontree.Value) {
	c.out.WriteString("build {\n")
	if m := root.Get("description"); m != nil && c.is(m, jsontree.Text) {
		c.write(m.Value.At, "description = ", legacytext.Quote(m.Value.Text))
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
			c.write(b.at, legacytext.Quote("source."+b.kind+"."+b.label))
		}
		c.out.WriteString("]\n")
	}
	for _, b := range c.order {
		if b.label != b.name {
			c.at = b.nameAt
			c.within(b.at, func() {
				c.out.WriteString("source " + legacytext.Quote("source."+b.kind+"."+b.label) + " {\n")
				c.write(b.nameAt, "name = ", legacytext.Expression(b.name, c))
				c.out.WriteString("\n}\n")
			})
		}
	}
	c.steps(root)
	c.out.WriteString("}\n\n")
}

func (c *converter) steps(root jsontree.Value) {
	if m := root.Get("provisioners"); m != nil && c.is(m, jsontree.List) {
		for _, item := range m.Value.Items {
			c.step("provisioner", Provisioner, item)
		}
	}
	if m := root.Get("error-cleanup-provisioner"); m != nil {
		c.step("error-cleanup-provisioner", Provisioner, m.Value)
	}
	m := root.Get("post-processors")
	if m == nil || !c.is(m, jsontree.List) {
		return
	}
	for _, item := range m.Value.Items {
		if item.Kind != jsontree.List {
			c.step("post-processor", PostProcessor, item)
			continue
		}
		c.within(item.At, func() {
			c.write(first(item.At), "post-processors {")
			c.out.WriteString("\n")
			for _, p := range item.Items {
				c.step("post-processor", PostProcessor, p)
			}
			c.out.WriteString("}\n")
		})
	}
}

// step writes a provisioner or post-processor; a post-processor may be just its
// type.
func (c *converter) step(block string, role Role, v jsontree.Value) {
	kind, at := v.Text, v.At
	if v.Kind != jsontree.Text || role != PostProcessor {
		var ok bool
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
		c.write(at, block, " ", legacytext.Quote(kind), " {")
		c.out.WriteString("\n")
		c.selection(v, "only")
		c.selection(v, "except")
		c.options(v.Members, shapes, "type", "only", "except", "override")
		if m := v.Get("override"); m != nil && c.is(m, jsontree.Object) {
			c.override(m, shapes)
		}
		c.out.WriteString("}\n")
	})
}

// override writes the options that a provisioner has for one builder.
func (c *converter) override(m *jsontree.Member, shapes map[string]decode.Shape) {
	c.within(m.At, func() {
		c.write(m.At, "override")
		c.out.WriteString(" = {\n")
		for _, o := range m.Value.Members {
			c.lookup(o.Name, o.At, "override")
			c.key(o)
			c.out.WriteString(" = ")
			c.overridden(o.Value, shapes)
			c.out.WriteString("\n")
		}
		c.out.WriteString("}\n")
	})
}

func (c *converter) overridden(v jsontree.Value, shapes map[string]decode.Shape) {
	if v.Kind != jsontree.Object {
		c.value(v, decode.Shape{})
		return
	}
	c.within(v.At, func() {
		c.out.WriteString("{\n")
		for _, m := range v.Members {
			name, shape := find(shapes, m.Name)
			if shape.Block {
				shape = decode.Shape{}
			}
			c.key(jsontree.Member{Name: name, At: m.At})
			c.out.WriteString(" = ")
			c.value(m.Value, shape)
			c.out.WriteString("\n")
		}
		c.out.WriteString("}")
	})
}

// selection writes the builders for which a step is, or is not.
func (c *converter) selection(v jsontree.Value, name string) {
	m := v.Get(name)
	if m == nil || m.Value.Kind == jsontree.Null {
		return
	}
	items := m.Value.Items
	if m.Value.Kind != jsontree.List {
		items = []jsontree.Value{m.Value}
	}
	c.within(m.At, func() {
		c.write(m.At, name)
		c.out.WriteString(" = [")
		for i, item := range items {
			if i > 0 {
				c.out.WriteString(", ")
			}
			c.at = item.At
			if b := c.lookup(item.Text, item.At, name); b != nil {
				item = jsontree.Value{Kind: jsontree.Text, Text: b.kind + "." + b.name, At: item.At}
			}
			c.scalar(item)
		}
		c.out.WriteString("]\n")
	})
}
