package templates

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// parse reads the files of the template and keeps their blocks.
func (t *template) parse() {
	info, err := os.Stat(t.path)
	if err != nil {
		t.fail(nil, "No such template", fmt.Sprintf("%s cannot be read: %s.", t.path, reason(err)))
		t.broken = true
		return
	}
	if info.IsDir() {
		t.dir, t.root = true, filepath.ToSlash(filepath.Clean(t.path))
		t.names = inDirectory(t.path, ".pkr.hcl", ".oven.hcl", ".pkr.json")
		if len(t.names) == 0 {
			t.fail(nil, "No template in the directory", fmt.Sprintf(
				"%s has no file whose name ends in .pkr.hcl or .oven.hcl.", t.path))
		}
	} else {
		t.root = filepath.ToSlash(filepath.Dir(t.path))
		t.names = []string{t.path}
		if !hasSuffix(t.path, ".pkr.hcl", ".oven.hcl", ".pkr.json") {
			t.fail(nil, "Not a template", fmt.Sprintf("The name of %s does not end in .pkr.hcl or .oven.hcl.%s",
				t.path, legacy(t.path)))
			t.names, t.broken = nil, true
			return
		}
	}
	for _, name := range t.names {
		t.parseFile(name)
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

// parseFile parses one file by its extension, once.
func (t *template) parseFile(name string) *hcl.File {
	src, err := os.ReadFile(name)
	if err != nil {
		t.fail(nil, "Unreadable file", fmt.Sprintf("%s cannot be read: %s.", name, reason(err)))
		return nil
	}
	var f *hcl.File
	var diags hcl.Diagnostics
	if strings.HasSuffix(name, ".json") {
		f, diags = json.Parse(src, name)
	} else {
		f, diags = hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}
	if f == nil || f.Body == nil {
		f = &hcl.File{Bytes: src, Body: hcl.EmptyBody()}
	}
	t.files[name] = f
	t.diags = append(t.diags, diags...)
	return f
}

// inDirectory lists the files of dir with one of the endings, in order of the
// endings, then of the names.
func inDirectory(dir string, endings ...string) []string {
	entries, _ := os.ReadDir(dir) // the directory was there a moment ago; an empty list is reported
	var names []string
	for _, ending := range [][]string{{".hcl"}, {".json"}} {
		for _, e := range entries {
			if !e.IsDir() && hasSuffix(e.Name(), endings...) && hasSuffix(e.Name(), ending...) {
				names = append(names, filepath.Join(dir, e.Name()))
			}
		}
	}
	return names
}

func hasSuffix(name string, endings ...string) bool {
	for _, ending := range endings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// reason is what the system said, without the operation and the path.
func reason(err error) string {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
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
		{Type: "hcp_packer_registry"},
		{Type: "communicator", LabelNames: []string{"type", "name"}},
	}}
	if dynamic {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: "dynamic", LabelNames: []string{"type"}})
	}
	return s
}
