package templates

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// context is what every expression but a variable's default may use.
func (t *template) context(locals map[string]cty.Value) *hcl.EvalContext {
	vars := map[string]cty.Value{}
	for name, v := range t.variables {
		vars[name] = v.value
	}
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "." // removed while we run; relative paths still say the most
	}
	return &hcl.EvalContext{
		Functions: t.functions,
		Variables: map[string]cty.Value{
			"var":   cty.ObjectVal(vars),
			"local": cty.ObjectVal(locals),
			"path": cty.ObjectVal(map[string]cty.Value{
				"root": cty.StringVal(t.root),
				"cwd":  cty.StringVal(filepath.ToSlash(cwd)),
			}),
			"packer": cty.ObjectVal(map[string]cty.Value{"version": cty.StringVal(LanguageVersion)}),
			"data":   cty.DynamicVal,
		},
	}
}

// within is the base context with more names.
func (t *template) within(names map[string]cty.Value) *hcl.EvalContext {
	ctx := t.base.NewChild()
	ctx.Variables = names
	return ctx
}

// evaluator evaluates expressions in ctx, after a check that what they name was
// declared.
func (t *template) evaluator(ctx *hcl.EvalContext) func(hcl.Expression) (cty.Value, hcl.Diagnostics) {
	return func(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
		if diags := t.undeclared(expr); diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		return expr.Value(ctx)
	}
}

func (t *template) undeclared(expr hcl.Expression) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, ref := range expr.Variables() {
		name := second(ref)
		if name == "" {
			continue
		}
		var what string
		var names []string
		switch root := ref.RootName(); {
		case root == "var" && t.variables[name] == nil:
			what, names = "variable", slices.Sorted(maps.Keys(t.variables))
		case root == "local" && t.locals[name] == nil:
			what, names = "local", slices.Sorted(maps.Keys(t.locals))
		case root == "build" && !slices.Contains(buildKeys(), name):
			what, names = "build value", buildKeys()
		default:
			continue
		}
		diags = append(diags, diagnostic(ref.SourceRange(), "Undeclared "+what,
			fmt.Sprintf("There is no %s %q.%s", what, name, decode.Suggest(name, names))))
	}
	return diags
}

// second is X of var.X, or "".
func second(ref hcl.Traversal) string {
	if len(ref) < 2 {
		return ""
	}
	switch step := ref[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}

// buildKeys are the X of build.X: those of any machine, then those of EC2.
func buildKeys() []string {
	return []string{
		"name", "ID", "Host", "Port", "User", "Password", "ConnType", "PackerRunUUID",
		"PackerHTTPPort", "PackerHTTPIP", "PackerHTTPAddr", "SSHPublicKey", "SSHPrivateKey", "WinRMPassword",
		"BuildRegion", "SourceAMI", "SourceAMIName", "SourceAMIOwner", "SourceAMIOwnerName", "SourceAMICreationDate",
	}
}

// buildUnknown is build.* before there is a machine.
func buildUnknown(name, runID string) map[string]cty.Value {
	all := map[string]cty.Value{}
	for _, key := range buildKeys() {
		all[key] = cty.UnknownVal(cty.String)
	}
	all["Port"] = cty.UnknownVal(cty.Number)
	all["name"], all["PackerRunUUID"] = cty.StringVal(name), cty.StringVal(runID)
	return all
}

// buildKnown is build.* of a running machine; what it lacks is empty.
func buildKnown(info builders.Info, name, runID string, more map[string]string) map[string]cty.Value {
	all := buildUnknown(name, runID)
	for key, v := range all {
		if !v.IsKnown() {
			all[key] = cty.StringVal("")
		}
	}
	for key, v := range more {
		all[key] = cty.StringVal(v)
	}
	for key, v := range map[string]string{
		"ID": info.ID, "Host": info.Host, "User": info.User, "Password": info.Password, "ConnType": info.ConnType,
		"SSHPublicKey": info.SSHPublicKey, "SSHPrivateKey": info.SSHPrivateKey, "PackerHTTPIP": info.HTTPIP,
	} {
		if v != "" {
			all[key] = cty.StringVal(v)
		}
	}
	if info.ConnType == "winrm" {
		all["WinRMPassword"] = cty.StringVal(info.Password)
	}
	all["Port"] = cty.NumberIntVal(int64(info.Port))
	all["PackerHTTPPort"] = cty.StringVal(fmt.Sprint(info.HTTPPort))
	if info.HTTPPort != 0 {
		all["PackerHTTPAddr"] = cty.StringVal(fmt.Sprintf("%s:%d", info.HTTPIP, info.HTTPPort))
	}
	return all
}
