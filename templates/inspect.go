package templates

import (
	"context"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/outline"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
)

// Inspection is what a template consists of. Its texts are those that Packer's
// inspect prints, since scripts read them.
type Inspection struct {
	Variables string // variables and locals with their values
	Builds    string
	Secrets   []string // values that must never be shown
	Files     map[string]*hcl.File
}

// Inspect reads the template at path without planning its builds. Files that
// cannot be read, wrong declarations and unsuitable values of variables are
// errors, as they are for Packer; what is wrong otherwise, such as a variable
// without a value or a component that does not exist, shows as <unknown> or as
// it stands there.
func Inspect(ctx context.Context, path string, c Components, o Options) (*Inspection, hcl.Diagnostics) {
	t, ok := look(ctx, path, c, o, true)
	i := &Inspection{Files: t.Files, Secrets: t.Scope.Secrets()}
	if !ok || t.Diags.HasErrors() {
		return i, hclfile.Tidy(t.Diags, i.Secrets)
	}
	t.evaluateLocals()
	i.Secrets = t.Scope.Secrets()
	i.Variables = outline.Variables(t.Scope)
	i.Builds = outline.Builds(t.Recipe)
	return i, nil
}

// look reads a template as far as the values of its variables, for commands that
// run nothing. It is false when the template cannot be parsed.
func look(ctx context.Context, path string, c Components, o Options, lenient bool) (*template, bool) {
	t := &template{options: o, components: c, Recipe: recipe.Open(path, c.Shapes, o.inputs(lenient))}
	if t.Diags.HasErrors() || !t.CheckPacker() {
		return t, false
	}
	t.useData(ctx)
	for _, b := range t.Blocks {
		t.Scope.Declare(b)
	}
	t.SetVariables()
	t.Diags = append(t.Diags, t.Scope.Diagnostics()...)
	return t, true
}

// evaluateLocals returns what is wrong with locals.
func (t *template) evaluateLocals() hcl.Diagnostics {
	t.Scope.EvaluateLocals()
	return t.Scope.Diagnostics()
}
