package decode

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Suggest gives ` Did you mean "x"?` when one of names is close to the one
// given, else "".
func Suggest(given string, names []string) string {
	if name := nearest(given, names); name != "" {
		return fmt.Sprintf(" Did you mean %q?", name)
	}
	return ""
}

// nearest allows one slip in a short name, two in a longer one; letters that
// changed places are one slip.
func nearest(given string, names []string) string {
	best, found := 3, ""
	if len(given) < 5 {
		best = 2
	}
	for _, name := range names {
		if name == given {
			continue
		}
		n := levenshtein.Distance(given, name, nil)
		if n == 2 && letters(given) == letters(name) {
			n = 1
		}
		if n < best && n < len(given) {
			best, found = n, name
		}
	}
	return found
}

func letters(name string) string {
	all := []byte(name)
	slices.Sort(all)
	return string(all)
}

func (d *decoder) fail(at hcl.Range, summary, detail string) {
	d.diags = append(d.diags, &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at,
	})
}

// AtBuild is the Extra of a diagnostic about an option that is valid in Packer's
// eyes, but not supported yet, or sure to go wrong. Only a build stops for it.
type AtBuild struct{}

// garbled tells whether nothing is wrong but templates with names that are not
// there, for which Packer writes <no value>.
func garbled(err error) bool {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(many.Unwrap(), func(e error) bool { return !garbled(e) })
	}
	if _, missing := err.(*gotmpl.MissingError); missing { //nolint:errorlint // each error of a tree is looked at
		return true
	}
	inner := errors.Unwrap(err)
	return inner != nil && garbled(inner)
}

// markGarbled marks the last diagnostic, which is about err, as one for a build.
func (d *decoder) markGarbled(err error) {
	if garbled(err) {
		d.diags[len(d.diags)-1].Extra = AtBuild{}
	}
}

func (d *decoder) unsupportedYet(at hcl.Range, name, why string) {
	d.fail(at, fmt.Sprintf("%s is not supported yet", name), why)
	d.diags[len(d.diags)-1].Extra = AtBuild{}
}

// withDeferred adds the arguments that the component does not support yet, so
// that their values can be looked at.
func (d *decoder) withDeferred(s *hcl.BodySchema, path string) *hcl.BodySchema {
	for option := range d.deferred {
		if name, ok := strings.CutPrefix(option, join(path, "")); ok && !strings.Contains(name, ".") {
			s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name})
		}
	}
	return s
}

// postpone refuses arguments that are not supported yet, unless their value says
// that they are not wanted: null, false, or nothing in quotes, brackets or braces.
func (d *decoder) postpone(content *hcl.BodyContent, path string) {
	if content == nil {
		return
	}
	for name, attr := range content.Attributes {
		why, ok := d.deferred[join(path, name)]
		if !ok {
			continue
		}
		value, diags := d.src.Eval(attr.Expr)
		d.diags = append(d.diags, diags...)
		if !diags.HasErrors() && !unwanted(value) {
			d.unsupportedYet(attr.NameRange, name, why)
		}
	}
}

func unwanted(value cty.Value) bool {
	value, _ = value.UnmarkDeep()
	switch {
	case !value.IsKnown():
		return false
	case value.IsNull():
		return true
	case value.Type() == cty.Bool:
		return value.False()
	case value.Type() == cty.String:
		return value.AsString() == ""
	}
	return value.CanIterateElements() && value.LengthInt() == 0
}

// unsupported passes on what HCL says of a body, in our words where it is about
// names that the body should not have.
func (d *decoder) unsupported(diags hcl.Diagnostics, fields []field, path string) {
	for _, diag := range diags {
		var what string
		switch diag.Summary {
		case "Unsupported argument", "Extraneous JSON object property":
			what = "argument"
		case "Unsupported block type":
			what = "block type"
		}
		name := d.textAt(diag.Subject)
		if why, ok := d.deferred[join(path, name)]; ok && what != "" {
			d.unsupportedYet(*diag.Subject, name, why)
			continue
		}
		if what == "" || name == "" || strings.Contains(diag.Detail, "Did you mean to define") {
			d.diags = append(d.diags, diag)
			continue
		}
		d.unknown(name, what, *diag.Subject, fields, path)
	}
}

func (d *decoder) unknown(name, what string, at hcl.Range, fields []field, path string) {
	if why, ok := d.deferred[join(path, name)]; ok { // an override
		d.unsupportedYet(at, name, why)
		return
	}
	var names []string
	for _, f := range fields {
		if f.name == name && f.kind == block {
			d.doubtful[join(path, name)] = true
			d.fail(at, "Unsupported argument", fmt.Sprintf("Write %s as a block, without the equals sign: %s { ... }", name, name))
			return
		}
		names = append(names, f.name)
	}
	if path == "" {
		names = append(names, d.src.Names...)
		for option := range d.deferred {
			names = append(names, option)
		}
	}
	if meant := nearest(name, names); meant != "" {
		d.doubtful[join(path, meant)] = true // not to complain that it is missing, too
	}
	d.fail(at, "Unsupported "+what, fmt.Sprintf("There is no %s %q here.%s", what, name, Suggest(name, names)))
}

// textAt is the source text in r, without quotes.
func (d *decoder) textAt(r *hcl.Range) string {
	if r == nil {
		return ""
	}
	f := d.src.Files[r.Filename]
	if f == nil || !r.CanSliceBytes(f.Bytes) {
		return ""
	}
	return strings.Trim(string(r.SliceBytes(f.Bytes)), `"`)
}

func (d *decoder) validate(target any) {
	if c, ok := target.(option.Validator); ok {
		blamed := d.diags.HasErrors()
		for _, p := range option.Problems(c.Validate()) {
			if p.Option == "" && blamed {
				continue // what seems to be missing may be what was blamed already
			}
			d.problem(p)
		}
	}
	c, ok := target.(option.Warner)
	if !ok || d.diags.HasErrors() {
		return
	}
	for _, text := range c.Warnings() {
		at, short, detail := d.src.Block, summary(text), text
		if short == strings.TrimSuffix(text, ".") {
			detail = "" // all is said
		}
		d.diags = append(d.diags, &hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: short, Detail: detail, Subject: &at,
		})
	}
}

func (d *decoder) problem(p *option.Problem) {
	name, at := p.Option, d.src.Block
	if d.doubtful[name] {
		return
	}
	if r, ok := d.ranges[name]; ok {
		at = r
	} else if outer, _, nested := strings.Cut(name, "."); nested {
		if d.doubtful[outer] {
			return
		}
		if r, ok := d.ranges[outer]; ok {
			at = r
		}
	}
	if p.Later {
		d.unsupportedYet(at, name, p.Text)
		return
	}
	if name == "" {
		d.fail(at, "Invalid options", p.Text)
		return
	}
	d.fail(at, fmt.Sprintf("Invalid %s", name), p.Text)
	d.markGarbled(p)
}

// summary is the first sentence of a warning, when it is short.
func summary(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	if first = strings.TrimSuffix(first, "."); len(first) <= 72 {
		return first
	}
	return "Check these options"
}
