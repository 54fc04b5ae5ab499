// Package given reads the values that are given to the variables of legacy JSON
// templates.
package given

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
)

// Value is a value for a variable.
type Value struct {
	Name, Text string
	At         *hcl.Range // in a variable file; nil on the command line
}

// Read reads variable files, then arguments "name=value". A later value beats an
// earlier.
func Read(files, args []string) ([]Value, hcl.Diagnostics) {
	var all []Value
	var diags hcl.Diagnostics
	for _, name := range files {
		more, problems := readFile(name)
		all, diags = append(all, more...), append(diags, problems...)
	}
	for _, arg := range args {
		name, text, ok := strings.Cut(arg, "=")
		if !ok {
			diags = append(diags, hclfile.Error(nil, "Invalid -var", fmt.Sprintf("-var takes name=value, not %q.", arg)))
			continue
		}
		all = append(all, Value{Name: name, Text: text})
	}
	return all, diags
}

// readFile reads a variable file, which may have any name. Nothing of it is ever
// shown: it may hold secrets.
func readFile(name string) ([]Value, hcl.Diagnostics) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, hcl.Diagnostics{hclfile.Error(nil, "Unreadable variable file", fmt.Sprintf("%s cannot be read: %s.", name, hclfile.Reason(err)))}
	}
	root, diags := jsontree.Read(name, bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), "Unreadable variable file", "The variable files of a legacy JSON template are JSON")
	for _, d := range diags {
		if d.Summary == "Duplicate key" {
			d.Severity = hcl.DiagWarning
			d.Detail += " The last one counts."
		}
	}
	if !diags.HasErrors() && root.Kind != jsontree.Object {
		diags = append(diags, hclfile.Error(&root.At, "Unsuitable variable file", fmt.Sprintf("It is %s; an object with values is needed.", root.Kind)))
	}
	var all []Value
	for _, m := range root.Members {
		switch m.Value.Kind {
		case jsontree.List, jsontree.Object:
			diags = append(diags, hclfile.Error(&m.Value.At, fmt.Sprintf("Unsuitable value for variable %q", m.Name),
				fmt.Sprintf("It is %s; the variables of legacy templates are strings.", m.Value.Kind)))
		default:
			all = append(all, Value{m.Name, m.Value.Text, &m.At}) // null is as good as empty
		}
	}
	return all, diags
}
