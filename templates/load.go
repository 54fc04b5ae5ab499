package templates

import (
	"context"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/advice"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/internal/registry"
	"github.com/ovenbird-io/ovenbird/internal/requirement"
	"github.com/ovenbird-io/ovenbird/templates/buildvars"
)

// LanguageVersion is the version of Packer whose template language is
// implemented; required_version is checked against it.
const LanguageVersion = requirement.Version

// template is a template being read.
type template struct {
	options    Options
	components Components
	*recipe.Recipe
}

// Load reads the template at path, a file or a directory, and plans its builds.
// All problems are reported at once. The plan is never nil: its Files are what
// excerpts are taken from. After an error it has no builds.
func Load(ctx context.Context, path string, c Components, o Options) (*Plan, hcl.Diagnostics) {
	t := &template{options: o, components: c, Recipe: recipe.Open(path, c.Shapes, o.inputs(false))}
	t.ReadData = o.ReadData
	t.Scope.Know("build", buildvars.Names())
	if !t.CheckPacker() || t.Broken {
		return t.finish(nil)
	}
	t.useData(ctx)
	t.declare()
	if o.SyntaxOnly {
		t.Diags = slices.DeleteFunc(t.Diags, legacy.Unmatched)
		return t.finish(nil)
	}
	t.SetVariables()
	t.Scope.EvaluateLocals()
	t.Diags = append(t.Diags, t.Scope.Diagnostics()...)
	t.needDynamic()
	t.ReadSources()
	t.ReadLists()
	var top registry.Seen
	for _, b := range t.Blocks {
		if b.Type == "hcp_packer_registry" {
			t.Diags = append(t.Diags, top.Ignore(b, t.Evaluator(nil))...)
		}
	}
	t.ReadBuilds()
	return t.finish(t.plan())
}

// finish hides secrets in what will be shown and drops what was said twice, as
// a block used by several sources does.
func (t *template) finish(builds []*Build) (*Plan, hcl.Diagnostics) {
	t.Scope.StopReading()
	if !t.options.MustBuild {
		advice.Soften(t.Diags)
	}
	plan := &Plan{Secrets: slices.Compact(slices.Sorted(slices.Values(t.Scope.Secrets()))), Files: t.Files}
	if !t.Diags.HasErrors() {
		plan.Builds = builds
	}
	recipe.ExplainEach(t.Diags)
	advice.Explain(t.Diags, t.Files)
	explainUnread(t.Diags)
	diags := hclfile.Tidy(t.Diags, plan.Secrets)
	if t.Dir {
		hclfile.Clashes(diags)
	}
	return plan, diags
}

// declare reads the headers of all blocks that stand at the top of a file.
func (t *template) declare() {
	for _, b := range t.Blocks {
		t.Scope.Declare(b)
	}
	t.Diags = append(t.Diags, t.Scope.Diagnostics()...)
}
