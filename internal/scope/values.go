package scope

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/input"
)

// Inputs say where the values of variables come from.
type Inputs struct {
	Vars           []string // "name=value", in order
	Files          []string // variable files, in order
	Auto           bool     // the *.auto.pkrvars files of the root are for this template alone
	WarnUndeclared bool     // of names in files
	Lenient        bool     // a variable may have no value, or one that its validation refuses
}

// SetVariables gives each variable its value: a later source beats an earlier.
func (s *Scope) SetVariables(in Inputs) {
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		if text, ok := os.LookupEnv("PKR_VAR_" + name); ok {
			s.setText(s.variables[name], text, "PKR_VAR_"+name)
		}
	}
	s.readAuto(in)
	for _, name := range in.Files {
		if !hclfile.HasEnding(name, ".hcl", ".json") {
			s.fail(nil, "Not a variable file", fmt.Sprintf("The name of %s does not end in .hcl or .json.", name))
			continue
		}
		s.readValues(name, in.WarnUndeclared)
	}
	for _, arg := range in.Vars {
		s.setArgument(arg)
	}
	for _, name := range slices.SortedFunc(maps.Keys(s.variables), func(a, b string) int {
		return hclfile.Compare(s.variables[a].At, s.variables[b].At)
	}) {
		s.settle(s.variables[name], in.Lenient)
	}
	s.base = s.context(nil)
}

// readAuto reads the *.auto.pkrvars files. Beside a single file they may be
// for another template as well, so what it does not declare is no mistake; but
// it is told that they count, since Packer passes them over.
func (s *Scope) readAuto(in Inputs) {
	var used []string
	for _, name := range hclfile.List(s.root, ".auto.pkrvars.hcl", ".auto.pkrvars.json") {
		if s.readValues(name, in.WarnUndeclared && in.Auto) {
			used = append(used, name)
		}
	}
	if len(used) > 0 && !in.Auto {
		s.warn(nil, "Variable files are read, too", fmt.Sprintf(
			"%s set variables of this template. A -var-file or -var given beats them.", strings.Join(used, ", ")))
	}
}

// settle checks the value that a variable ended up with.
func (s *Scope) settle(v *input.Variable, lenient bool) {
	switch {
	case v.Value == cty.NilVal:
		v.Value = cty.UnknownVal(v.Kind)
		if !v.Invalid && !lenient {
			s.fail(&v.At, fmt.Sprintf("Unset variable %q", v.Name), fmt.Sprintf(
				"Set it with -var %s=..., in a file given with -var-file, or as PKR_VAR_%s; or give it a default.", v.Name, v.Name))
		}
	case !v.Invalid && !lenient:
		s.diags = append(s.diags, v.Check(s.functions)...)
	}
	if v.Sensitive {
		s.addSecret(v.Value)
	}
}

// readValues tells whether the file set any variable.
func (s *Scope) readValues(name string, warn bool) (used bool) {
	f, diags := hclfile.Parse(name)
	s.diags = append(s.diags, diags...)
	if f != nil {
		s.files[name] = f
	}
	if diags.HasErrors() {
		return false
	}
	if content, _, _ := f.Body.PartialContent(&hcl.BodySchema{
		Blocks: []hcl.BlockHeaderSchema{{Type: "variable", LabelNames: []string{"name"}}},
	}); content != nil && len(content.Blocks) > 0 && !strings.HasSuffix(name, ".json") {
		for _, b := range content.Blocks {
			s.fail(&b.DefRange, "Variable declared in a variable file", fmt.Sprintf(
				"This file only sets values: write %s = ... here, and declare it in a .pkr.hcl file.", b.Labels[0]))
		}
		return false
	}
	attrs, diags := f.Body.JustAttributes()
	s.diags = append(s.diags, diags...)
	for _, attr := range hclfile.InOrder(attrs) {
		v := s.variables[attr.Name]
		if v == nil {
			if warn {
				s.warn(&attr.NameRange, "Undeclared variable", fmt.Sprintf("There is no variable %q.%s",
					attr.Name, decode.Suggest(attr.Name, slices.Sorted(maps.Keys(s.variables)))))
			}
			continue
		}
		used = true
		value, diags := attr.Expr.Value(nil)
		s.diags = append(s.diags, diags...)
		if diags.HasErrors() {
			v.Spoil()
			continue
		}
		at := attr.Expr.Range()
		s.diags = append(s.diags, v.Set(value, &at, "This value")...)
	}
	return used
}

func (s *Scope) setArgument(arg string) {
	name, text, ok := strings.Cut(arg, "=")
	if !ok {
		s.fail(nil, "Invalid -var", fmt.Sprintf("-var takes name=value, not %q.", arg))
		return
	}
	name = strings.TrimSpace(name)
	v := s.variables[name]
	if v == nil {
		s.fail(nil, fmt.Sprintf("Undeclared variable %q", name), fmt.Sprintf(
			"-var %s sets a variable that the template does not declare.%s",
			name, decode.Suggest(name, slices.Sorted(maps.Keys(s.variables)))))
		return
	}
	s.setText(v, text, "-var "+name)
}

// setText sets a variable from a command line or the environment: as it is for
// strings, numbers and whatever has no type, else as an HCL expression.
func (s *Scope) setText(v *input.Variable, text, from string) {
	f := &hcl.File{Bytes: []byte(text)}
	if v.Sensitive {
		f.Bytes = nil // no excerpt
	}
	s.files[from] = f
	at := &hcl.Range{Filename: from, Start: hcl.InitialPos, End: hcl.InitialPos}
	at.End.Byte, at.End.Column = len(text), len(text)+1
	if k := v.Kind; k == cty.String || k == cty.Number || k == cty.DynamicPseudoType && !v.Compound {
		s.diags = append(s.diags, v.Set(cty.StringVal(text), at, "The value of "+from)...)
		return
	}
	expr, diags := frugal.Parse([]byte(text), from)
	var value cty.Value
	if !diags.HasErrors() {
		value, diags = expr.Value(nil)
	}
	if diags.HasErrors() {
		v.Spoil()
		s.fail(at, fmt.Sprintf("Unsuitable value for variable %q", v.Name), fmt.Sprintf(
			"%s is not an HCL expression without variables and functions: %s Texts inside need quotes.", from, diags[0].Detail))
		return
	}
	s.diags = append(s.diags, v.Set(value, at, "The value of "+from)...)
}
