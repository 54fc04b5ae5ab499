package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// problem is a diagnostic with the lines it points at, at most width columns
// wide; 0 is any width. Colour codes inside an excerpt could split a secret, so
// there are none.
func problem(files map[string]*hcl.File, d *hcl.Diagnostic, width uint) ui.Problem {
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

// failures turns the error of a build into diagnostics, one for each failure
// joined in it.
func failures(build string, err error) hcl.Diagnostics {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the outermost joint is opened
		var all hcl.Diagnostics
		for _, e := range many.Unwrap() {
			all = append(all, failures(build, e)...)
		}
		return all
	}
	if diags := hcl.Diagnostics(nil); errors.As(err, &diags) {
		return diags
	}
	d := &hcl.Diagnostic{Severity: hcl.DiagError}
	text := err.Error()
	if f := (*pipeline.Failure)(nil); errors.As(err, &f) {
		if f.Range.Filename != "" {
			d.Subject = f.Range.Ptr()
		}
		d.Detail = strings.Join(f.Hints, "\n")
	}
	first, rest, _ := strings.Cut(text, "\n")
	d.Summary = fmt.Sprintf("%s: %s", build, first)
	if rest != "" {
		d.Detail = strings.TrimRight(strings.TrimRight(rest, "\n")+"\n\n"+d.Detail, "\n")
	}
	return hcl.Diagnostics{d}
}
