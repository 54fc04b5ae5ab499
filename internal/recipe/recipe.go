// Package recipe reads what stands in a template: its files, and the blocks
// that make builds. It evaluates what decides which builds there are, and knows
// nothing of components: their options are left as bodies.
package recipe

import (
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
	"github.com/ovenbird-io/ovenbird/internal/requirement"
	"github.com/ovenbird-io/ovenbird/internal/scope"
)

// Recipe is a template being read. Problems are collected in Diags.
type Recipe struct {
	Root   string    // the template's directory, as typed
	Dir    bool      // it is all files of a directory
	Start  time.Time // of the run
	Names  []string  // of the files, in order
	Files  map[string]*hcl.File
	Blocks []*hcl.Block // of all files, dynamic blocks not expanded
	Broken bool         // a file cannot be parsed; looking further would only confuse

	Scope   *scope.Scope
	Sources map[string]*Source // by Key
	Builds  []*Build
	// ReadData tells that data sources are read when something needs them.
	ReadData bool
	// Unplanned tells that which builds there are depends on data not read.
	Unplanned bool
	Plugins   []requirement.Plugin // after CheckPacker
	Diags     hcl.Diagnostics

	path    string // as given
	shapes  legacy.Shapes
	inputs  scope.Inputs
	ordered []*Source       // as they stand in the files
	empty   map[string]bool // source blocks whose for_each has nothing, or is wrong
	lists   map[string]*provisionerList
	// A source block has too few labels, or too many, so that its name is not known.
	unlabelled bool
}

// Open parses the template at path, a file or a directory; "" is one without
// any file. The values of variables and locals are up to the caller: ReadSources,
// ReadLists and ReadBuilds, in this order, need them. Legacy JSON templates are
// read with the forms of components' options, of which nil knows none, and with
// the values that in gives to variables.
func Open(path string, shapes legacy.Shapes, in scope.Inputs) *Recipe {
	r := &Recipe{
		Root: ".", Start: time.Now().UTC(), Files: map[string]*hcl.File{}, Sources: map[string]*Source{},
		path: path, shapes: shapes, inputs: in, empty: map[string]bool{}, lists: map[string]*provisionerList{},
	}
	if path != "" {
		r.parse()
	}
	r.Scope = scope.New(r.Root, r.Start, r.Files)
	r.Scope.Know("each", []string{"key", "value"})
	return r
}

// SetVariables gives each variable its value.
func (r *Recipe) SetVariables() {
	r.inputs.Auto = r.Dir
	r.Scope.SetVariables(r.inputs)
}

// CheckPacker checks the packer blocks. A template for another version of the
// language gets only that said, and false.
func (r *Recipe) CheckPacker() bool {
	plugins, diags, ok := requirement.Check(r.Blocks)
	if !ok {
		r.Diags = nil
	}
	r.Plugins, r.Diags = plugins, append(r.Diags, diags...)
	return ok
}

// Fail adds an error.
func (r *Recipe) Fail(at *hcl.Range, summary, detail string) {
	r.Diags = append(r.Diags, hclfile.Error(at, summary, detail))
}

// Warn adds a warning.
func (r *Recipe) Warn(at *hcl.Range, summary, detail string) {
	r.Diags = append(r.Diags, hclfile.Warning(at, summary, detail))
}
