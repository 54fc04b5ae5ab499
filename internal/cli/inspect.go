package cli

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/jsonmode"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
	"github.com/ovenbird-io/ovenbird/templates"
)

// templateOptions are the flags that say how to read a template.
func (r *run) templateOptions() templates.Options {
	o := r.options
	return templates.Options{
		Vars: o.Vars, VarFiles: o.VarFiles, Only: o.Only, Except: o.Except,
		WarnUndeclared: o.WarnUndeclared, SyntaxOnly: o.SyntaxOnly,
	}
}

func runInspect(ctx context.Context, r *run) int {
	if legacy.Is(r.args[0]) {
		return r.inspectJSON(r.args[0])
	}
	i, diags := templates.Inspect(ctx, r.args[0], r.components, r.templateOptions())
	r.out.Hide(i.Secrets...)
	r.report(i.Files, diags)
	if diags.HasErrors() {
		return ExitUsage
	}
	r.out.Result("Packer Inspect: HCL2 mode\n")
	r.out.Result(i.Variables)
	r.out.Result(i.Builds)
	return ExitOK
}

// inspectJSON shows a legacy template, "-" being stdin.
func (r *run) inspectJSON(name string) int {
	t, files, diags := jsonmode.Read(name, r.env.Stdin)
	r.report(files, diags)
	if diags.HasErrors() {
		return ExitUsage
	}
	r.out.Hide(t.Secrets()...)
	t.Show(r.out)
	return ExitOK
}
