package templates

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// setVariables gives each variable its value: a later source beats an earlier.
func (t *template) setVariables() {
	for _, name := range slices.Sorted(maps.Keys(t.variables)) {
		if text, ok := os.LookupEnv("PKR_VAR_" + name); ok {
			t.setText(t.variables[name], text, "PKR_VAR_"+name)
		}
	}
	found := inDirectory(t.root, ".auto.pkrvars.hcl", ".auto.pkrvars.json")
	if t.dir {
		for _, name := range found {
			t.readValues(name)
		}
	} else if len(found) > 0 {
		t.warn(nil, "Variable files are not read", fmt.Sprintf(
			"%s would be read for a directory; a single file needs -var-file.", found[0]))
	}
	for _, name := range t.options.VarFiles {
		if !hasSuffix(name, ".hcl", ".json") {
			t.fail(nil, "Not a variable file", fmt.Sprintf("The name of %s does not end in .hcl or .json.", name))
			continue
		}
		t.readValues(name)
	}
	for _, arg := range t.options.Vars {
		t.setArgument(arg)
	}
	for _, name := range slices.SortedFunc(maps.Keys(t.variables), func(a, b string) int {
		return compareRanges(t.variables[a].at, t.variables[b].at)
	}) {
		t.settle(t.variables[name])
	}
}

// settle checks the value that a variable ended up with.
func (t *template) settle(v *variable) {
	switch {
	case v.value == cty.NilVal:
		v.value = cty.UnknownVal(v.kind)
		if !v.invalid {
			t.fail(&v.at, fmt.Sprintf("Unset variable %q", v.name), fmt.Sprintf(
				"Set it with -var %s=..., in a file given with -var-file, or as PKR_VAR_%s; or give it a default.", v.name, v.name))
		}
	case !v.invalid:
		t.check(v)
	}
	if v.sensitive {
		t.addSecret(v.value)
	}
}

func (t *template) readValues(name string) {
	before := len(t.diags)
	f := t.parseFile(name)
	if f == nil || t.diags[before:].HasErrors() {
		return
	}
	if content, _, _ := f.Body.PartialContent(&hcl.BodySchema{
		Blocks: []hcl.BlockHeaderSchema{{Type: "variable", LabelNames: []string{"name"}}},
	}); content != nil && len(content.Blocks) > 0 && !strings.HasSuffix(name, ".json") {
		for _, b := range content.Blocks {
			t.fail(&b.DefRange, "Variable declared in a variable file", fmt.Sprintf(
				"This file only sets values: write %s = ... here, and declare it in a .pkr.hcl file.", b.Labels[0]))
		}
		return
	}
	attrs, diags := f.Body.JustAttributes()
	t.diags = append(t.diags, diags...)
	for _, attr := range inOrder(attrs) {
		v := t.variables[attr.Name]
		if v == nil {
			if t.options.WarnUndeclared {
				t.warn(&attr.NameRange, "Undeclared variable", fmt.Sprintf("There is no variable %q.%s",
					attr.Name, decode.Suggest(attr.Name, slices.Sorted(maps.Keys(t.variables)))))
			}
			continue
		}
		value, diags := attr.Expr.Value(nil)
		t.diags = append(t.diags, diags...)
		if diags.HasErrors() {
			v.value, v.invalid = cty.UnknownVal(v.kind), true
			continue
		}
		at := attr.Expr.Range()
		t.set(v, value, &at, "This value")
	}
}

func (t *template) setArgument(arg string) {
	name, text, ok := strings.Cut(arg, "=")
	if !ok {
		t.fail(nil, "Invalid -var", fmt.Sprintf("-var takes name=value, not %q.", arg))
		return
	}
	name = strings.TrimSpace(name)
	v := t.variables[name]
	if v == nil {
		t.fail(nil, fmt.Sprintf("Undeclared variable %q", name), fmt.Sprintf(
			"-var %s sets a variable that the template does not declare.%s",
			name, decode.Suggest(name, slices.Sorted(maps.Keys(t.variables)))))
		return
	}
	t.setText(v, text, "-var "+name)
}

// setText sets a variable from a command line or the environment: as it is for
// strings, numbers and whatever has no type, else as an HCL expression.
func (t *template) setText(v *variable, text, from string) {
	f := &hcl.File{Bytes: []byte(text)}
	if v.sensitive {
		f.Bytes = nil // no excerpt
	}
	t.files[from] = f
	at := &hcl.Range{Filename: from, Start: hcl.InitialPos, End: hcl.InitialPos}
	at.End.Byte, at.End.Column = len(text), len(text)+1
	if k := v.kind; k == cty.String || k == cty.Number || k == cty.DynamicPseudoType && !v.compound {
		t.set(v, cty.StringVal(text), at, "The value of "+from)
		return
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), from, hcl.InitialPos)
	var value cty.Value
	if !diags.HasErrors() {
		value, diags = expr.Value(nil)
	}
	if diags.HasErrors() {
		v.value, v.invalid = cty.UnknownVal(v.kind), true
		t.fail(at, fmt.Sprintf("Unsuitable value for variable %q", v.name), fmt.Sprintf(
			"%s is not an HCL expression without variables and functions: %s Texts inside need quotes.", from, diags[0].Detail))
		return
	}
	t.set(v, value, at, "The value of "+from)
}

func leaves(value cty.Value) []string {
	if value == cty.NilVal || !value.IsKnown() || value.IsNull() {
		return nil
	}
	if value.Type() == cty.String {
		var out []string
		whole := value.AsString()
		for _, s := range append([]string{whole}, strings.Split(whole, "\n")...) {
			if s = strings.TrimSuffix(s, "\r"); strings.TrimSpace(s) != "" {
				out = append(out, s)
			}
		}
		return unique(out)
	}
	var out []string
	if value.CanIterateElements() {
		for _, v := range value.Elements() {
			out = append(out, leaves(v)...)
		}
	}
	return out
}
