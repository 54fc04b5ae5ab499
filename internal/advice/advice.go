// Package advice adds a way out to what HCL says is wrong with an expression.
package advice

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// Explain changes the details of diagnostics that HCL made. The files are those
// that the diagnostics are about.
func Explain(diags hcl.Diagnostics, files map[string]*hcl.File) {
	for _, d := range diags {
		switch d.Summary {
		case "Call to unknown function":
			explainFunction(d)
		case "Unknown variable":
			explainName(d)
		case "Variables not allowed":
			explainConstant(d)
		case "Invalid type specification":
			explainType(d, excerpt(d.Subject, files))
		case "Unsupported attribute":
			explainAttribute(d)
		case "Invalid character", "Invalid argument name", "Argument or block definition required", "Extraneous JSON object property":
			explainForm(d, excerpt(d.Subject, files))
		case "Invalid start of value":
			if d.Subject != nil && files[d.Subject.Filename] != nil && bytes.HasPrefix(files[d.Subject.Filename].Bytes, []byte("\ufeff")) {
				d.Detail = "The file begins with a byte order mark, which JSON has not. Save it as UTF-8 without one."
			}
		case "Unsupported argument":
			explainFormer(d)
		case "Unterminated template string":
			d.Detail += " A text ends with a quote, a heredoc with its marker alone on a line."
		case "Extraneous label for post-processors":
			d.Detail += " One alone is post-processor \"x\" { ... }; those that follow each other stand within post-processors { ... }."
		case "Extraneous label for locals":
			d.Detail += " A local with a label is local \"x\" { expression = ... }."
		case "Error in function call":
			if strings.Contains(d.Detail, `"regex" failed: pattern did not match`) {
				d.Detail += ` Where that may be, write try(regex(...), "").`
			}
		}
	}
}

// Soften makes warnings of what only a build has to stop for: Packer calls such
// templates valid, too.
func Soften(diags hcl.Diagnostics) {
	for _, d := range diags {
		if _, ok := d.Extra.(decode.AtBuild); ok {
			d.Severity = hcl.DiagWarning
			d.Detail += " A build will refuse it."
		}
	}
}

// conversions are functions of Terraform that Packer's language lacks.
func conversions(name string) string {
	return map[string]string{
		"tostring": "string", "tonumber": "number", "tobool": "bool",
		"tolist": "list(string)", "toset": "set(string)", "tomap": "map(string)",
	}[name]
}

func explainFunction(d *hcl.Diagnostic) {
	call, ok := d.Extra.(hclsyntax.FunctionCallUnknownDiagExtra)
	if !ok || call.CalledFunctionNamespace() != "" {
		return
	}
	name := call.CalledFunctionName()
	known := functions(d.EvalContext)
	if len(known) == 1 {
		d.Detail = fmt.Sprintf("The default of a variable can call only %s(). A local can have any expression: locals { x = %s(...) }.", known[0], name)
		return
	}
	d.Detail = fmt.Sprintf("There is no function named %q.%s", name, decode.Suggest(name, known))
	if kind := conversions(name); kind != "" {
		d.Detail = fmt.Sprintf("There is no function named %q; write convert(VALUE, %s).", name, kind)
	}
}

// functions lists the names of all that could have been called.
func functions(ctx *hcl.EvalContext) []string {
	all := map[string]bool{}
	for ; ctx != nil; ctx = ctx.Parent() {
		for name := range ctx.Functions {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// explainName tells a text without quotes from a value without its "var.".
func explainName(d *hcl.Diagnostic) {
	expr, ok := d.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !ok || strings.Contains(d.Detail, "Did you mean") {
		return
	}
	roots := map[string]bool{}
	for ctx := d.EvalContext; ctx != nil; ctx = ctx.Parent() {
		for name := range ctx.Variables {
			if hclsyntax.ValidIdentifier(name) {
				roots[name] = true
			}
		}
	}
	if name := expr.Traversal.RootName(); len(expr.Traversal) == 1 {
		d.Detail += fmt.Sprintf(" A text stands in quotes: %q. A variable is written var.%s, a local local.%s.", name, name, name)
		return
	}
	d.Detail += fmt.Sprintf(" Names begin with one of: %s.", strings.Join(slices.Sorted(maps.Keys(roots)), ", "))
}

// explainAttribute tells what an object has instead.
func explainAttribute(d *hcl.Diagnostic) {
	expr, ok := d.Expression.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return
	}
	for n := len(expr.Traversal) - 1; n > 0; n-- {
		object, diags := expr.Traversal[:n].TraverseAbs(d.EvalContext)
		step, named := expr.Traversal[n].(hcl.TraverseAttr)
		if diags.HasErrors() || !named || !object.Type().IsObjectType() {
			continue
		}
		names := slices.Sorted(maps.Keys(object.Type().AttributeTypes()))
		d.Detail += decode.Suggest(step.Name, names)
		if len(names) > 0 {
			d.Detail += fmt.Sprintf(" It has: %s.", strings.Join(names, ", "))
		}
		return
	}
}

func explainConstant(d *hcl.Diagnostic) {
	d.Detail = "Only a constant can stand here, without variables and locals."
	if known := functions(d.EvalContext); len(known) == 1 {
		d.Detail = fmt.Sprintf("The default of a variable is a constant or %s(\"NAME\"). A local can refer to others: locals { x = ... }.", known[0])
	}
}

func explainType(d *hcl.Diagnostic, written string) {
	kinds := []string{"string", "number", "bool", "any", "list", "set", "map", "object", "tuple"}
	unquoted := strings.Trim(written, `"`)
	switch given := regexp.MustCompile(`^[a-z]+$`).FindString(unquoted); {
	case given == "":
	case given != written && slices.Contains(kinds, given):
		d.Detail = fmt.Sprintf("A type stands without quotes: type = %s.", given)
		if slices.Contains(kinds[4:], given) {
			d.Detail = fmt.Sprintf("A type stands without quotes, and says what is in it: type = %s.", example(given))
		}
	case slices.Contains(kinds[4:], given):
		d.Detail = fmt.Sprintf("The type %s says what is in it: type = %s.", given, example(given))
	default:
		d.Detail = fmt.Sprintf("There is no type %q.%s", given, decode.Suggest(given, kinds))
		if !strings.Contains(d.Detail, "mean") {
			d.Detail += " There are: " + strings.Join(kinds, ", ") + "."
		}
	}
}

func example(kind string) string {
	switch kind {
	case "object":
		return "object({ name = string })"
	case "tuple":
		return "tuple([string, number])"
	}
	return kind + "(string)"
}

// explainForm is about what is written in another language, or in another form
// of this one.
func explainForm(d *hcl.Diagnostic, written string) {
	switch {
	case d.Summary == "Invalid character" && written == "$":
		d.Detail = "Only within quotes a value is written ${ }; outside of them it stands alone: x = var.y."
	case d.Summary == "Invalid argument name" && strings.HasPrefix(written, `"`), d.Summary == "Argument or block definition required" && strings.HasPrefix(written, "{"):
		d.Detail += " If this is JSON, the name of the file ends in .json: a legacy template, with builders, in .json, one in this language in .pkr.json."
	case d.Summary == "Extraneous JSON object property" && strings.Contains(d.Detail, `"builders"`):
		d.Detail += " A legacy template, with builders, stands in a file that ends in .json, but not in .pkr.json."
	}
}

// excerpt is the source text at a place, "" when it is not known.
func excerpt(at *hcl.Range, files map[string]*hcl.File) string {
	if at == nil || files[at.Filename] == nil || !at.CanSliceBytes(files[at.Filename].Bytes) {
		return ""
	}
	return string(at.SliceBytes(files[at.Filename].Bytes))
}
