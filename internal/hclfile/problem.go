package hclfile

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Problem is a diagnostic with the lines it points at, at most width columns
// wide; 0 is any width. Colour codes inside an excerpt could split a secret, so
// there are none.
func Problem(files map[string]*hcl.File, d *hcl.Diagnostic, width uint) ui.Problem {
	var text strings.Builder
	p := ui.Problem{Severity: "error", Summary: d.Summary, Detail: d.Detail}
	if d.Severity == hcl.DiagWarning {
		p.Severity = "warning"
	}
	if d.Subject != nil {
		p.File, p.Line, p.Column = d.Subject.Filename, d.Subject.Start.Line, d.Subject.Start.Column
	}
	if lengthy(d) {
		bare := *d
		bare.Expression, bare.EvalContext = nil, nil
		d = &bare
	}
	// Writing to a strings.Builder cannot fail.
	_ = hcl.NewDiagnosticTextWriter(&text, files, width, false).WriteDiagnostic(d)
	p.Text = text.String()
	return p
}

// lengthy tells whether a text that the diagnostic would show as the value of a
// name is too long to be of use.
func lengthy(d *hcl.Diagnostic) bool {
	if d.Expression == nil || d.EvalContext == nil {
		return false
	}
	return slices.ContainsFunc(d.Expression.Variables(), func(ref hcl.Traversal) bool {
		v, diags := ref.TraverseAbs(d.EvalContext)
		v, _ = v.Unmark()
		return !diags.HasErrors() && v.Type() == cty.String && v.IsKnown() && !v.IsNull() && len(v.AsString()) > 1000
	})
}
