package hclfile

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

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
	// Writing to a strings.Builder cannot fail.
	_ = hcl.NewDiagnosticTextWriter(&text, files, width, false).WriteDiagnostic(d)
	p.Text = text.String()
	return p
}
