package functions

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ovenbird-io/ovenbird/internal/bounds"
	"github.com/ovenbird-io/ovenbird/internal/frugal"
)

// templateFile renders a file as an HCL template. All other functions may be
// used in it, but not templatefile itself: that could go on for ever.
func templateFile(root string, all map[string]function.Function) function.Function {
	inside := maps.Clone(all)
	spare := frugal.New() // of all that is rendered
	inside["templatefile"] = refuse("a file rendered by templatefile() cannot call templatefile()")
	render := func(args []cty.Value) (cty.Value, error) {
		expr, err := parseTemplate(root, args[0].AsString(), spare)
		if err != nil {
			return cty.DynamicVal, err
		}
		vars, err := variables(expr, args[1])
		if err != nil {
			return cty.DynamicVal, err
		}
		value, diags := expr.Value(&hcl.EvalContext{Variables: vars, Functions: inside})
		if diags.HasErrors() {
			return cty.DynamicVal, function.NewArgErrorf(0, "%s", strings.TrimSuffix(slices.Compact(diags).Error(), "."))
		}
		return value, nil
	}
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "path", Type: cty.String},
			{Name: "vars", Type: cty.DynamicPseudoType},
		},
		Type: func(args []cty.Value) (cty.Type, error) {
			if !bounds.Known(args) {
				return cty.DynamicPseudoType, nil
			}
			value, err := render(args)
			return value.Type(), err
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return render(args) },
	})
}

func parseTemplate(root, name string, spare *frugal.Budget) (hcl.Expression, error) {
	if err := readable(root, name); err != nil {
		return nil, err
	}
	full := name
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(name, "~/") {
		full = filepath.Join(home, name[2:])
	}
	if !filepath.IsAbs(full) {
		full = filepath.Join(root, full)
	}
	src, err := os.ReadFile(full)
	if err != nil {
		return nil, function.NewArgError(0, fmt.Errorf("reading the template: %w", err))
	}
	if diags := frugal.Template(src, filepath.ToSlash(full)); diags.HasErrors() {
		return nil, function.NewArgError(0, diags)
	}
	expr, diags := hclsyntax.ParseTemplate(src, filepath.ToSlash(full), hcl.InitialPos)
	if diags.HasErrors() {
		return nil, function.NewArgError(0, diags)
	}
	return frugal.Expression(expr, spare), nil
}

func variables(expr hcl.Expression, object cty.Value) (map[string]cty.Value, error) {
	if t := object.Type(); !t.IsObjectType() && !t.IsMapType() {
		return nil, function.NewArgErrorf(1, "a map of variables is needed, not %s", t.FriendlyName())
	}
	vars := object.AsValueMap()
	for _, v := range expr.Variables() {
		if name := v.RootName(); vars[name] == cty.NilVal {
			return nil, function.NewArgErrorf(1, "the template uses %q at %s, which is not in the map", name, v.SourceRange())
		}
	}
	if vars == nil {
		vars = map[string]cty.Value{}
	}
	return vars, nil
}
