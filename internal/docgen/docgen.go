// Package docgen writes the reference of all options from the option structs:
// field comments become text, hcl tags names, the literal in New defaults.
package docgen

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// Option is one attribute or block of a component.
type Option struct {
	Name     string
	Type     string // as users write it: "string", "list(string)", "duration", "block"
	Required bool
	Default  string   // HCL source, "" when there is none or it is not constant
	Doc      string   // one or more paragraphs
	Options  []Option // of a block
}

// Component is one builder, provisioner, post-processor or data source.
type Component struct {
	Kind    string // "builder", "provisioner", "post-processor" or "data source"
	Name    string // as in a template
	Doc     string
	Options []Option
}

// kinds maps the folders of components to what users call them.
func kinds() map[string]string {
	return map[string]string{
		"builders": "builder", "provisioners": "provisioner", "postprocessors": "post-processor",
		"internal/datasource": "data source",
	}
}

// Components finds every component of the module at root: those of the table
// in main.go by the names they have there, all others by their folder.
func Components(root string) ([]Component, error) {
	m, err := openModule(root)
	if err != nil {
		return nil, err
	}
	table, err := m.table()
	if err != nil {
		return nil, err
	}
	var all []Component
	for folder, kind := range kinds() {
		dirs, err := filepath.Glob(filepath.Join(root, folder, "*"))
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			found, err := m.components(folder+"/"+filepath.Base(dir), kind, table)
			if err != nil {
				return nil, fmt.Errorf("reading the options of %s: %w", dir, err)
			}
			all = append(all, found...)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].file() < all[j].file() })
	return all, nil
}

// components describes what one folder constructs, under each name the table gives it.
func (m *module) components(folder, kind string, table []entry) ([]Component, error) {
	if info, err := os.Stat(filepath.Join(m.root, folder)); err != nil || !info.IsDir() {
		return nil, err
	}
	p, err := m.load(m.path + "/" + folder)
	if err != nil {
		return nil, err
	}
	var mine []entry
	for _, e := range table {
		if e.pkg == p.path {
			mine = append(mine, e)
		}
	}
	if len(mine) == 0 && p.funcs["New"] != nil {
		mine = []entry{{name: filepath.Base(folder), pkg: p.path, fn: "New"}}
	}
	var all []Component
	for _, e := range mine {
		lit, owner := m.literal(p, p.funcs[e.fn])
		if lit == nil {
			continue
		}
		spec, home := m.structOf(owner, lit.Type)
		if spec == nil {
			continue
		}
		options, err := m.options(home, spec.Type.(*ast.StructType), owner, lit)
		if err != nil {
			return nil, err
		}
		all = append(all, Component{Kind: kind, Name: e.name, Doc: intro(spec.Name.Name, e.name, home.docs[spec.Name.Name]), Options: options})
	}
	return all, nil
}

// intro turns a Go doc comment into one about the component: "Builder boots"
// becomes "`qemu` boots".
func intro(goName, name, doc string) string {
	for _, article := range []string{"", "A ", "An ", "The "} {
		if rest, ok := strings.CutPrefix(doc, article+goName+" "); ok {
			return "`" + name + "` " + rest
		}
	}
	return doc
}

func (c Component) file() string { return strings.ReplaceAll(c.Kind, " ", "-") + "-" + c.Name + ".md" }
