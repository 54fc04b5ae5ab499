package templates

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/internal/scope"
)

// useData says how data sources are made and read. Nothing is read once an
// error was found: the run will not come to its builds.
func (t *template) useData(ctx context.Context) {
	all := t.components.DataSources
	sources := scope.Sources{
		Kinds: slices.Sorted(maps.Keys(all)),
		New: func(kind, name string) datasource.Source {
			if all[kind] == nil {
				return nil
			}
			env := t.options.Env
			return all[kind](datasource.Env{Type: kind, Name: name, Root: t.Root, CacheDir: env.CacheDir, RunID: env.RunID})
		},
	}
	if t.options.ReadData {
		t.Scope.UseSecrets(ctx, t.components.Secret, t.options.Out.Hide)
		sources.Read = func(id string, source datasource.Source) (map[string]cty.Value, error) {
			if t.Diags.HasErrors() {
				return nil, nil
			}
			t.options.Out.Hide(t.Scope.Secrets()...)
			out := t.options.Out.Aside(id)
			out.Say("Reading")
			return source.Read(ctx, out)
		}
	}
	t.Scope.UseSources(sources)
}

// needDynamic reads what decides which blocks stand at the top of files, and in
// build blocks.
func (t *template) needDynamic() {
	if !t.Scope.HasData() {
		return
	}
	var refs []hcl.Traversal
	for _, b := range t.Blocks {
		if b.Type == "dynamic" || b.Type == "build" || b.Type == "provisioners" {
			refs = append(refs, hclfile.DynamicReferences(b)...)
		}
	}
	t.Diags = append(t.Diags, t.Scope.Need(refs)...)
}

// needSources reads at once what the source blocks of the chosen builds need.
func (t *template) needSources(all []*candidate) {
	if !t.Scope.HasData() {
		return
	}
	var refs []hcl.Traversal
	for _, c := range all {
		if c.chosen {
			refs = append(refs, t.sourceReferences(c.use.Source)...)
		}
	}
	t.Diags = append(t.Diags, t.Scope.Need(refs)...)
}

// needSource reads what one source block needs: also for its dynamic blocks,
// which are no expressions that are evaluated one by one.
func (t *template) needSource(s *recipe.Source) {
	if t.Scope.HasData() {
		t.Diags = append(t.Diags, t.Scope.Need(t.sourceReferences(s))...)
	}
}

func (t *template) sourceReferences(s *recipe.Source) []hcl.Traversal {
	for _, b := range t.Blocks {
		if b.Type == "source" && b.DefRange == s.At {
			return hclfile.References(b.Body)
		}
	}
	return nil // made by a dynamic block, whose references were needed before
}

// explainUnread says how to check what HCL wants to know at once.
func explainUnread(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Summary == "Invalid dynamic block label" && strings.HasPrefix(d.Detail, "This value is not yet known.") {
			d.Detail = "The label must be known before anything is built. " + recipe.ReadHint
		}
	}
}
