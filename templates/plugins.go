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
	"github.com/ovenbird-io/ovenbird/internal/requirement"
	"github.com/ovenbird-io/ovenbird/internal/scope"
)

// Plugin is an entry of required_plugins.
type Plugin struct {
	requirement.Plugin
	BuiltIn []string // the components of it that are built in; none: it is missing
}

// RequiredPlugins lists what a template requires, in the order of the
// files. Nothing of the template is evaluated.
func RequiredPlugins(template string, c Components) ([]Plugin, map[string]*hcl.File, hcl.Diagnostics) {
	r := recipe.Open(template, nil, scope.Inputs{})
	if r.Diags.HasErrors() || !r.CheckPacker() || r.Diags.HasErrors() {
		return nil, r.Files, hclfile.Tidy(r.Diags, nil)
	}
	var all []Plugin
	for _, p := range r.Plugins {
		name := strings.TrimPrefix(cmp.Or(path.Base(p.Source), p.Name), "packer-plugin-")
		all = append(all, Plugin{Plugin: p, BuiltIn: c.of(name)})
	}
	return all, r.Files, hclfile.Tidy(r.Diags, nil)
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
