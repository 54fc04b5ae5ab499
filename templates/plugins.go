package templates

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
)

// Plugin is an entry of required_plugins.
type Plugin struct {
	Name            string // the template's for it
	Source, Version string
	Range           hcl.Range
	BuiltIn         []string // the components of it that are built in; none: it is missing
}

// RequiredPlugins lists what the template at path requires, in the order of the
// files. Nothing of the template is evaluated.
func RequiredPlugins(path string, c Components) ([]Plugin, map[string]*hcl.File, hcl.Diagnostics) {
	t := &template{components: c, Recipe: recipe.Open(path)}
	if t.Diags.HasErrors() || !t.CheckPacker() || t.Diags.HasErrors() {
		return nil, t.Files, hclfile.Tidy(t.Diags, nil)
	}
	var all []Plugin
	for _, b := range t.Blocks {
		if b.Type != "packer" {
			continue
		}
		content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "required_plugins"}}})
		for _, plugins := range content.Blocks {
			attrs, _ := plugins.Body.JustAttributes() // checked above
			for _, attr := range hclfile.InOrder(attrs) {
				all = append(all, plugin(attr, c))
			}
		}
	}
	return all, t.Files, hclfile.Tidy(t.Diags, nil)
}

func plugin(attr *hcl.Attribute, c Components) Plugin {
	p := Plugin{Name: attr.Name, Range: attr.Range}
	pairs, _ := hcl.ExprMap(attr.Expr) // checked already
	for _, pair := range pairs {
		key := hcl.ExprAsKeyword(pair.Key)
		if key == "" {
			key, _ = hclfile.Literal(pair.Key)
		}
		text, _ := hclfile.Literal(pair.Value)
		switch key {
		case "source":
			p.Source = text
		case "version":
			p.Version = text
		}
	}
	p.BuiltIn = c.of(strings.TrimPrefix(cmp.Or(path.Base(p.Source), p.Name), "packer-plugin-"))
	return p
}

// List names all components, as "builder qemu".
func (c Components) List() []string {
	var all []string
	add := func(what string, names []string) {
		for _, name := range names {
			all = append(all, what+" "+name)
		}
	}
	add("builder", slices.Sorted(maps.Keys(c.Builders)))
	add("provisioner", slices.Sorted(maps.Keys(c.Provisioners)))
	add("post-processor", slices.Sorted(maps.Keys(c.PostProcessors)))
	add("data-source", slices.Sorted(maps.Keys(c.DataSources)))
	return all
}

// of lists the components that come with a plugin in Packer: those that have
// its name, alone or in front of their own.
func (c Components) of(plugin string) []string {
	return slices.DeleteFunc(c.List(), func(component string) bool {
		_, name, _ := strings.Cut(component, " ")
		return name != plugin && !strings.HasPrefix(name, plugin+"-")
	})
}
