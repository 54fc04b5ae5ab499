package recipe

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
)

// parse reads the files of the template and keeps their blocks.
func (r *Recipe) parse() {
	if legacy.Is(r.path) {
		r.parseLegacy()
		return
	}
	info, err := os.Stat(r.path)
	if err != nil {
		r.Fail(nil, "No such template", fmt.Sprintf("%s cannot be read: %s.", r.path, hclfile.Reason(err)))
		r.Broken = true
		return
	}
	if info.IsDir() {
		r.Dir, r.Root = true, filepath.ToSlash(filepath.Clean(r.path))
		r.Names = hclfile.List(r.path, ".pkr.hcl", ".oven.hcl", ".pkr.json")
		if len(r.Names) == 0 {
			r.Fail(nil, "No template in the directory", fmt.Sprintf(
				"%s has no file whose name ends in .pkr.hcl, .oven.hcl or .pkr.json.%s", r.path, legacyHint(r.path)))
		}
	} else {
		r.Root = filepath.ToSlash(filepath.Dir(r.path))
		r.Names = []string{r.path}
		if !hclfile.HasEnding(r.path, ".pkr.hcl", ".oven.hcl", ".pkr.json") {
			r.Fail(nil, "Not a template", fmt.Sprintf("The name of %s does not end in .pkr.hcl, .oven.hcl or .pkr.json.", r.path))
			r.Names, r.Broken = nil, true
			return
		}
	}
	for _, name := range r.Names {
		f, diags := hclfile.Parse(name)
		r.Diags = append(r.Diags, diags...)
		if f != nil {
			r.Files[name] = f
		}
	}
	r.keepBlocks()
}

// parseLegacy reads a legacy JSON template, from stdin if it is "-".
func (r *Recipe) parseLegacy() {
	name, src, diags := legacy.Read(r.path, os.Stdin)
	if r.Diags = append(r.Diags, diags...); diags.HasErrors() {
		r.Broken = true
		return
	}
	if r.path != "-" {
		r.Root = filepath.ToSlash(filepath.Dir(r.path))
	}
	r.Names = []string{name}
	f, diags := legacy.Load(name, src, legacy.Options{
		Shapes: r.shapes, Vars: r.inputs.Vars, VarFiles: r.inputs.Files, WarnUndeclared: r.inputs.WarnUndeclared,
	})
	r.inputs.Vars, r.inputs.Files = nil, nil // the template has them
	if f == nil {
		f, r.Broken = &hcl.File{Bytes: src, Body: hcl.EmptyBody()}, true
	}
	f.Body = frugal.Body(f.Body, frugal.New())
	r.Files[name] = f
	r.keepBlocks()
	r.Diags = append(r.Diags, diags...)
}

// keepBlocks looks what stands at the top of each file.
func (r *Recipe) keepBlocks() {
	r.Broken = r.Broken || r.Diags.HasErrors()
	for _, name := range r.Names {
		f := r.Files[name]
		if f == nil {
			continue
		}
		content, diags := f.Body.Content(rootSchema(true))
		if !r.Broken {
			r.explainTop(diags)
			r.Diags = append(r.Diags, diags...)
		}
		if content != nil {
			r.Blocks = append(r.Blocks, content.Blocks...)
		}
	}
}

func rootSchema(dynamic bool) *hcl.BodySchema {
	s := &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
		{Type: "packer"},
		{Type: "variable", LabelNames: []string{"name"}},
		{Type: "variables"},
		{Type: "local", LabelNames: []string{"name"}},
		{Type: "locals"},
		{Type: "data", LabelNames: []string{"type", "name"}},
		{Type: "source", LabelNames: []string{"type", "name"}},
		{Type: "build"},
		{Type: "provisioners", LabelNames: []string{"name"}},
		{Type: "hcp_packer_registry"},
		{Type: "communicator", LabelNames: []string{"type", "name"}},
	}}
	if dynamic {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: "dynamic", LabelNames: []string{"type"}})
	}
	return s
}

// legacyHint names the JSON files of a folder without templates: a legacy
// template is never found by its folder, only by its own name.
func legacyHint(dir string) string {
	names := hclfile.List(dir, ".json")
	if len(names) == 0 {
		return ""
	}
	return " A legacy JSON template is given by its own name, not by its folder; there is " + names[0] + "."
}
