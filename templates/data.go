package templates

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
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
			return all[kind](datasource.Env{Type: kind, Name: name, Root: t.root, CacheDir: env.CacheDir, RunID: env.RunID})
		},
	}
	if t.options.ReadData {
		sources.Read = func(id string, source datasource.Source) (map[string]cty.Value, error) {
			if t.diags.HasErrors() {
				return nil, nil
			}
			t.options.Out.Hide(t.scope.Secrets()...)
			out := t.options.Out.Aside(id)
			out.Say("Reading")
			return source.Read(ctx, out)
		}
	}
	t.scope.UseSources(sources)
}

// needDynamic reads what decides which blocks stand at the top of files, and in
// build blocks.
func (t *template) needDynamic() {
	if !t.scope.HasData() {
		return
	}
	var refs []hcl.Traversal
	for _, b := range t.blocks {
		if b.Type == "dynamic" || b.Type == "build" || b.Type == "provisioners" {
			refs = append(refs, scope.DynamicReferences(b)...)
		}
	}
	t.diags = append(t.diags, t.scope.Need(refs)...)
}

// needSources reads at once what the source blocks of the chosen builds need.
func (t *template) needSources(all []*candidate) {
	if !t.scope.HasData() {
		return
	}
	var refs []hcl.Traversal
	for _, c := range all {
		if c.chosen {
			refs = append(refs, t.sourceReferences(c.use.source)...)
		}
	}
	t.diags = append(t.diags, t.scope.Need(refs)...)
}

// needSource reads what one source block needs: also for its dynamic blocks,
// which are no expressions that are evaluated one by one.
func (t *template) needSource(s *source) {
	if t.scope.HasData() {
		t.diags = append(t.diags, t.scope.Need(t.sourceReferences(s))...)
	}
}

func (t *template) sourceReferences(s *source) []hcl.Traversal {
	for _, b := range t.blocks {
		if b.Type == "source" && b.DefRange == s.at {
			return scope.References(b.Body)
		}
	}
	return nil // made by a dynamic block, whose references were needed before
}

// unread warns of a value that decides which builds there are, but is not known
// because data sources were not read.
func (t *template) unread(value cty.Value, at hcl.Range) bool {
	if value.IsKnown() || !t.scope.HasData() || t.options.ReadData || t.diags.HasErrors() {
		return false
	}
	t.unplanned = true
	t.warn(&at, "Which builds there are is not known yet",
		"This depends on data sources, which were not read, so what it stands for is not checked. "+readHint())
	return true
}

// explainUnread says how to check what HCL wants to know at once.
func explainUnread(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Summary == "Invalid dynamic block label" && strings.HasPrefix(d.Detail, "This value is not yet known.") {
			d.Detail = "The label must be known before anything is built. " + readHint()
		}
	}
}

func readHint() string { return "validate -evaluate-datasources reads data sources first." }
