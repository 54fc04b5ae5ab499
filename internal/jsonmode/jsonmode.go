// Package jsonmode shows what a legacy JSON template consists of, in the words
// of Packer's inspect, which scripts read. Nothing in it is evaluated.
package jsonmode

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Template is what inspect shows of a legacy template.
type Template struct {
	Description  string                  `json:"description"`
	Variables    map[string]*value       `json:"variables"` // nil is a required one
	Sensitive    []string                `json:"sensitive-variables"`
	Builders     []builder               `json:"builders"`
	Provisioners []struct{ Type string } `json:"provisioners"`
}

type builder struct{ Name, Type string }

// value is the default of a variable, as text.
type value string

// UnmarshalJSON takes a string as it is, and the text of anything else.
func (v *value) UnmarshalJSON(src []byte) error {
	var s string
	if json.Unmarshal(src, &s) != nil {
		s = string(src)
	}
	*v = value(s)
	return nil
}

// Read reads the legacy template in a file, or in stdin when the name is "-";
// files are for excerpts.
func Read(name string, stdin io.Reader) (t *Template, files map[string]*hcl.File, diags hcl.Diagnostics) {
	name, src, diags := legacy.Read(name, stdin)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	t, diags = parse(name, src)
	return t, map[string]*hcl.File{name: {Bytes: src}}, diags
}

func parse(name string, src []byte) (*Template, hcl.Diagnostics) {
	t := &Template{}
	err := json.Unmarshal(src, t)
	if err == nil {
		return t, nil
	}
	at := len(src)
	if e := (*json.SyntaxError)(nil); errors.As(err, &e) {
		at = int(e.Offset)
	} else if e := (*json.UnmarshalTypeError)(nil); errors.As(err, &e) {
		at = int(e.Offset)
		err = fmt.Errorf("%s cannot be of the type %s", cmp.Or(e.Field, "the template"), e.Value)
	}
	at = max(min(at, len(src))-1, 0)
	pos := hcl.Pos{Line: 1 + bytes.Count(src[:at], []byte("\n")), Column: at - bytes.LastIndexByte(src[:at], '\n'), Byte: at}
	end := hcl.Pos{Line: pos.Line, Column: pos.Column + 1, Byte: min(at+1, len(src))}
	return nil, hcl.Diagnostics{hclfile.Error(&hcl.Range{Filename: name, Start: pos, End: end}, "Unreadable JSON template", err.Error()+".")}
}

// Secrets are the defaults of sensitive variables.
func (t *Template) Secrets() []string {
	var all []string
	for _, name := range t.Sensitive {
		if v := t.Variables[name]; v != nil {
			all = append(all, string(*v))
		}
	}
	return all
}

// Show writes what people and, in Packer's format, programs read.
func (t *Template) Show(out *ui.Root) {
	out.Result("Packer Inspect: JSON mode")
	if t.Description != "" {
		out.Result("Description:\n")
		out.Result(t.Description + "\n")
	}
	t.showVariables(out)
	t.showBuilders(out)
	out.Result("")
	out.Result("Provisioners:\n")
	if len(t.Provisioners) == 0 {
		out.Result("  <No provisioners>")
	}
	for _, p := range t.Provisioners {
		out.Fact("template-provisioner", p.Type)
		out.Result("  " + p.Type)
	}
	out.Result("\nNote: If your build names contain user variables or template\n" +
		"functions such as 'timestamp', these are processed at build time,\n" +
		"and therefore only show in their raw form here.")
}

func (t *Template) showVariables(out *ui.Root) {
	if len(t.Variables) == 0 {
		out.Result("Variables:\n")
		out.Result("  <No variables>")
	}
	names := slices.Sorted(maps.Keys(t.Variables))
	var required, optional []string
	for _, name := range names {
		if t.Variables[name] == nil {
			required = append(required, name)
		} else {
			optional = append(optional, name)
		}
	}
	if len(required) > 0 {
		out.Result("Required variables:\n")
		for _, name := range required {
			out.Fact("template-variable", name, "", "1")
			out.Result("  " + name)
		}
		out.Result("")
	}
	if len(names) > 0 {
		out.Result("Optional variables and their defaults:\n")
	}
	width := longest(names)
	for _, name := range optional {
		text := string(*t.Variables[name])
		out.Fact("template-variable", name, text, "0")
		out.Result(fmt.Sprintf("  %-*s = %s", width, name, text))
	}
	out.Result("")
}

func (t *Template) showBuilders(out *ui.Root) {
	out.Result("Builders:\n")
	if len(t.Builders) == 0 {
		out.Result("  <No builders>")
	}
	var names []string
	types := map[string]string{}
	for _, b := range t.Builders {
		name := cmp.Or(b.Name, b.Type)
		names, types[name] = append(names, name), b.Type
	}
	slices.Sort(names)
	width := longest(names)
	for _, name := range names {
		line := fmt.Sprintf("  %-*s", width, name)
		if types[name] != name {
			line += " (" + types[name] + ")"
		}
		out.Fact("template-builder", name, types[name])
		out.Result(line)
	}
}

func longest(names []string) int {
	n := 0
	for _, name := range names {
		n = max(n, len(name))
	}
	return n
}
