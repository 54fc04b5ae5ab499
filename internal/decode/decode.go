// Package decode fills the options struct of a component straight from HCL and
// reports everything that is wrong with it, each problem at its attribute.
//
// Fields say their HCL name by gohcl's tags: `hcl:"name"` (required),
// `hcl:"name,optional"`, `hcl:"name,block"`, `hcl:"name,label"` in the struct of
// a block, and `hcl:",remain"` on an embedded struct whose options appear as if
// they stood in the struct itself. Fields without a tag are left alone, and so
// is what an unset or null attribute would fill. String options are rendered as
// Go templates unless tagged `template:"late"`.
package decode

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Source is where the options of one component come from.
type Source struct {
	Bodies    []hcl.Body           // together they make the block; an attribute stands in one of them
	Block     hcl.Range            // blamed for what no attribute can be blamed for
	Overrides map[string]cty.Value // attributes that replace those of the bodies
	Override  hcl.Range            // where the overrides stand
	Names     []string             // options read elsewhere, only good for suggestions

	Eval  Eval
	Evals []Eval // one for each body, when they differ; else nil
	Text  gotmpl.Funcs
	Files map[string]*hcl.File // the sources of the bodies
}

// Eval gives the value of an expression.
type Eval func(hcl.Expression) (cty.Value, hcl.Diagnostics)

// Ranges tells where each option was set: "name", or "block.name" in a block.
type Ranges map[string]hcl.Range

// Component decodes src into the struct that target points to, then asks the
// component itself (option.Validator, Warner and Deferred). A problem with an
// option whose value is not known yet is not reported.
func Component(src Source, target any) (Ranges, hcl.Diagnostics) {
	d := &decoder{src: src, ranges: Ranges{}, doubtful: map[string]bool{}}
	if c, ok := target.(option.Deferred); ok {
		d.deferred = c.Deferred()
	}
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return d.ranges, nil // a component without options, such as a function type
	}
	d.bodies(src.Bodies, v.Elem(), "")
	d.validate(target)
	return d.ranges, d.diags
}

// Part decodes those options of body that the struct target names and returns
// the rest of the body.
func Part(src Source, body hcl.Body, target any) (hcl.Body, Ranges, hcl.Diagnostics) {
	d := &decoder{src: src, ranges: Ranges{}, doubtful: map[string]bool{}}
	fields := fieldsOf(reflect.ValueOf(target).Elem())
	content, rest, diags := body.PartialContent(schema(fields))
	d.diags = append(d.diags, diags...)
	d.fill(content, fields, "")
	return rest, d.ranges, d.diags
}

// Names lists the options of the struct target points to.
func Names(target any) []string {
	var names []string
	for _, f := range fieldsOf(reflect.ValueOf(target).Elem()) {
		names = append(names, f.name)
	}
	return names
}

type decoder struct {
	src      Source
	deferred map[string]string
	ranges   Ranges
	doubtful map[string]bool // options already blamed, or not known yet
	diags    hcl.Diagnostics
}

func (d *decoder) bodies(bodies []hcl.Body, v reflect.Value, path string) {
	fields := fieldsOf(v)
	for i, body := range bodies {
		if path == "" && len(d.src.Evals) > 0 {
			d.src.Eval = d.src.Evals[i]
		}
		content, diags := body.Content(d.withDeferred(schema(fields), path))
		d.unsupported(diags, fields, path)
		d.postpone(content, path)
		d.fill(content, fields, path)
	}
	if path == "" {
		d.override(fields)
	}
	for _, f := range fields {
		name := join(path, f.name)
		if _, set := d.ranges[name]; f.kind == required && !set && !d.doubtful[name] {
			at := d.src.Block
			if path != "" {
				at = bodies[0].MissingItemRange()
			}
			d.fail(at, "Missing required argument", fmt.Sprintf("The argument %q is required, but is not set.", f.name))
			d.doubtful[name] = true
		}
	}
}

func (d *decoder) fill(content *hcl.BodyContent, fields []field, path string) {
	if content == nil {
		return
	}
	for _, f := range fields {
		if attr := content.Attributes[f.name]; attr != nil && f.kind != block {
			d.attribute(d.asBlock(f, fields, attr), attr, path)
		}
	}
	byType := content.Blocks.ByType()
	for _, f := range fields {
		if blocks := byType[f.name]; f.kind == block && len(blocks) > 0 {
			d.blocks(f, blocks, path)
		}
	}
}

// asBlock is the block of the attribute's name, if there is one and the value is
// an object: in JSON the two look the same.
func (d *decoder) asBlock(f field, fields []field, attr *hcl.Attribute) field {
	for _, b := range fields {
		if b.kind == block && b.name == f.name {
			if value, _ := d.src.Eval(attr.Expr); !value.IsNull() && value.Type().IsObjectType() {
				return b
			}
		}
	}
	return f
}

func (d *decoder) attribute(f field, attr *hcl.Attribute, path string) {
	name := join(path, f.name)
	if first, twice := d.ranges[name]; twice {
		d.fail(attr.Range, "Duplicate argument", fmt.Sprintf("The argument %q is already set at %s.", f.name, first))
		return
	}
	value, diags := d.src.Eval(attr.Expr)
	d.diags = append(d.diags, diags...)
	if diags.HasErrors() {
		d.ranges[name], d.doubtful[name] = attr.Range, true
		return
	}
	d.assign(f, value, name, attr.Range, attr.Expr.Range())
}

// assign puts one value into one field; null leaves the field as it is.
func (d *decoder) assign(f field, value cty.Value, name string, at, blame hcl.Range) {
	value, _ = value.UnmarkDeep()
	if value.IsNull() {
		return
	}
	d.ranges[name] = at
	if !value.IsWhollyKnown() {
		d.doubtful[name] = true
	}
	if err := d.set(f.value, value, f.late); err != nil {
		d.doubtful[name] = true
		d.fail(blame, fmt.Sprintf("Unsuitable value for %q", f.name), sentence(err))
		d.markGarbled(err)
	}
}

func (d *decoder) override(fields []field) {
	names := make([]string, 0, len(d.src.Overrides))
	for name := range d.src.Overrides {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name && f.kind != block })
		if i < 0 {
			d.unknown(name, "argument", d.src.Override, fields, "")
			continue
		}
		delete(d.doubtful, name)
		d.assign(fields[i], d.src.Overrides[name], name, d.src.Override, d.src.Override)
	}
}

// blocks fills a field of one block, *struct or struct, or of many, a slice.
func (d *decoder) blocks(f field, blocks hcl.Blocks, path string) {
	name := join(path, f.name)
	d.ranges[name] = blocks[0].DefRange
	if f.value.Kind() != reflect.Slice {
		if len(blocks) > 1 {
			d.fail(blocks[1].DefRange, fmt.Sprintf("Duplicate %s block", f.name),
				fmt.Sprintf("Only one %s block is allowed; there is one at %s.", f.name, blocks[0].DefRange))
		}
		d.block(f.value, blocks[0], name)
		return
	}
	list := reflect.MakeSlice(f.value.Type(), len(blocks), len(blocks))
	for i, b := range blocks {
		for option := range d.ranges {
			if len(option) > len(name) && option[:len(name)+1] == name+"." {
				delete(d.ranges, option) // of the block before
				delete(d.doubtful, option)
			}
		}
		d.block(list.Index(i), b, name)
	}
	f.value.Set(list)
}

func (d *decoder) block(v reflect.Value, b *hcl.Block, name string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	labels := b.Labels
	for _, f := range fieldsOf(v) {
		if f.kind == label && len(labels) > 0 {
			f.value.SetString(labels[0])
			labels = labels[1:]
		}
	}
	d.bodies([]hcl.Body{b.Body}, v, name)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
