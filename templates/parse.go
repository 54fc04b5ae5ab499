package templates

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// parse reads the files of the template and keeps their blocks.
func (t *template) parse() {
	info, err := os.Stat(t.path)
	if err != nil {
		t.fail(nil, "No such template", fmt.Sprintf("%s cannot be read: %s.", t.path, hclfile.Reason(err)))
		t.broken = true
		return
	}
	if info.IsDir() {
		t.dir, t.root = true, filepath.ToSlash(filepath.Clean(t.path))
		t.names = hclfile.List(t.path, ".pkr.hcl", ".oven.hcl", ".pkr.json")
		if len(t.names) == 0 {
			t.fail(nil, "No template in the directory", fmt.Sprintf(
				"%s has no file whose name ends in .pkr.hcl or .oven.hcl.", t.path))
		}
	} else {
		t.root = filepath.ToSlash(filepath.Dir(t.path))
		t.names = []string{t.path}
		if !hclfile.HasEnding(t.path, ".pkr.hcl", ".oven.hcl", ".pkr.json") {
			t.fail(nil, "Not a template", fmt.Sprintf("The name of %s does not end in .pkr.hcl or .oven.hcl.%s",
				t.path, legacy(t.path)))
			t.names, t.broken = nil, true
			return
		}
	}
	for _, name := range t.names {
		f, diags := hclfile.Parse(name)
		t.diags = append(t.diags, diags...)
		if f != nil {
			t.files[name] = f
		}
	}
	t.broken = t.broken || t.diags.HasErrors()
	for _, name := range t.names {
		f := t.files[name]
		if f == nil {
			continue
		}
		content, diags := f.Body.Content(rootSchema(true))
		if !t.broken {
			t.diags = append(t.diags, diags...)
		}
		if content != nil {
			t.blocks = append(t.blocks, content.Blocks...)
		}
	}
}

func legacy(path string) string {
	if strings.HasSuffix(path, ".json") {
		return " Legacy JSON templates are not read; `packer hcl2_upgrade` rewrites them."
	}
	return ""
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
