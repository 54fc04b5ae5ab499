// Package legacy turns legacy JSON templates, the only ones Packer had before
// HCL, into HCL: for hcl2_upgrade as text, and for loading them directly as
// what the parser of HCL would have made of it, with the places in the JSON.
package legacy

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/given"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/hclmove"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
)

// Role is what a component does in a template.
type Role int

// The roles of components.
const (
	Builder Role = iota
	Provisioner
	PostProcessor
)

// Shapes tells the forms of a component's options; nil when it is unknown,
// which only leaves the forms to be guessed.
type Shapes func(role Role, kind string) map[string]decode.Shape

// Options say how a template is loaded.
type Options struct {
	Shapes         Shapes
	Vars           []string // "name=value", in order
	VarFiles       []string // of JSON, with any name
	WarnUndeclared bool     // of names in files
}

// Is tells whether the name of a template is that of a legacy one: those of
// HCL's, in its JSON form, too, say so with their ending. "-" is stdin.
func Is(name string) bool {
	return name == "-" || strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".pkr.json")
}

// Upgrade is the HCL for a legacy template in the usual layout; annotated tells
// whether comments explain it.
func Upgrade(name string, src []byte, shapes Shapes, annotated bool) ([]byte, hcl.Diagnostics) {
	c := &converter{shapes: shapes, annotated: annotated}
	c.convert(name, src)
	return hclwrite.Format([]byte(c.out.String())), c.diags
}

// Load reads a legacy template with the values given to its variables, which are
// templates, too. What is wrong with it later is at a place in the JSON as well.
// There is no file when it is no JSON, or no template.
func Load(name string, src []byte, o Options) (*hcl.File, hcl.Diagnostics) {
	c := &converter{shapes: o.Shapes, loading: true, warnUndeclared: o.WarnUndeclared}
	c.given, c.diags = given.Read(o.VarFiles, o.Vars)
	c.convert(name, src)
	if c.out.Len() == 0 {
		return nil, c.diags
	}
	f, diags := hclsyntax.ParseConfig([]byte(c.out.String()), name, hcl.InitialPos)
	hclmove.Move(diags, c.spans, name)
	if diags.HasErrors() {
		return nil, append(c.diags, diags...)
	}
	hclmove.Move(f.Body, c.spans, name)
	return &hcl.File{Bytes: src, Body: f.Body}, append(c.diags, diags...)
}

func (c *converter) convert(name string, src []byte) {
	c.variables, c.builders = map[string]*variable{}, map[string]*builder{}
	root, diags := jsontree.Read(name, src, "Unreadable JSON template",
		"A file whose name does not end in .pkr.hcl, .oven.hcl or .pkr.json is a legacy template in JSON")
	c.diags = append(c.diags, diags...)
	switch {
	case diags.HasErrors():
	case root.Kind != jsontree.Object:
		c.fail(root.At, "Not a template", "A legacy JSON template is an object with \"builders\", not %s.", root.Kind)
	default:
		c.root(root)
	}
}

// converter writes HCL.
type converter struct {
	shapes         Shapes
	annotated      bool
	loading        bool // for this run: the HCL is not for people
	given          []given.Value
	warnUndeclared bool
	out            strings.Builder
	spans          []hclmove.Span
	diags          hcl.Diagnostics

	where        where
	outside      string   // says that a string is not in the JSON
	names        []string // of the variables, in order
	variables    map[string]*variable
	environments []string // read in locals
	stamp        string   // the local with the time, if it is needed
	builders     map[string]*builder
	order        []*builder
	at           hcl.Range // of the string being converted
}

// where a string stands decides which functions it has.
type where int

const (
	inOption where = iota
	inDefault
	inLocal
)

func (c *converter) fail(at hcl.Range, summary, format string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at})
}

func (c *converter) warn(at hcl.Range, summary, format string, args ...any) {
	c.diags = append(c.diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: fmt.Sprintf(format, args...), Subject: &at})
}

// write writes HCL that stands for a place in the JSON.
func (c *converter) write(at hcl.Range, parts ...string) {
	c.within(at, func() {
		for _, p := range parts {
			c.out.WriteString(p)
		}
	})
}

// within notes that what f writes stands for a place in the JSON, unless
// something smaller in it says otherwise.
func (c *converter) within(at hcl.Range, f func()) {
	start := c.out.Len()
	f()
	c.spans = append(c.spans, hclmove.Span{Start: start, End: c.out.Len(), At: at})
}

func (c *converter) comment(text string) {
	if c.annotated {
		c.out.WriteString("# " + strings.ReplaceAll(text, "\n", "\n# ") + "\n")
	}
}

// Read reads the file of a template, or stdin if the name is "-", and tells the
// name that places in it have.
func Read(name string, stdin io.Reader) (string, []byte, hcl.Diagnostics) {
	var src []byte
	var err error
	if name == "-" {
		name = "<stdin>"
		src, err = io.ReadAll(stdin)
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return name, nil, hcl.Diagnostics{hclfile.Error(nil, "No such template", fmt.Sprintf("%s cannot be read: %s.", name, hclfile.Reason(err)))}
	}
	return name, bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), nil
}
