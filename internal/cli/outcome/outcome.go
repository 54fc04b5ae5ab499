// Package outcome tells people and programs how builds ended.
package outcome

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// States names how each build ended; bases come before what starts from them.
func States(ctx context.Context, results []pipeline.Result) map[*templates.Build]ui.State {
	states := map[*templates.Build]ui.State{}
	for _, res := range results {
		base := states[res.Build.Base]
		switch {
		case res.Err == nil:
			states[res.Build] = ui.Done
		case cancelled(ctx, res.Err):
			states[res.Build] = ui.Cancelled
		case res.Elapsed == 0 && res.Build.Base != nil && base != ui.Done:
			states[res.Build] = ui.Skipped
		default:
			states[res.Build] = ui.Failed
		}
	}
	return states
}

// cancelled tells whether a build ended because the run was interrupted. What
// breaks on the way down is a consequence, not a failure of the build.
func cancelled(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, context.Cause(ctx)) || errors.Is(err, context.Canceled))
}

// Diagnose turns the error of a build into diagnostics, one for each failure
// joined in it.
func Diagnose(build string, err error) hcl.Diagnostics {
	if many, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // only the outermost joint is opened
		var all hcl.Diagnostics
		for _, e := range many.Unwrap() {
			all = append(all, Diagnose(build, e)...)
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

// Passed are warnings about the steps that failed and were allowed to.
func Passed(results []pipeline.Result) hcl.Diagnostics {
	var all hcl.Diagnostics
	for _, res := range results {
		for _, f := range res.Passed {
			for _, d := range Diagnose(res.Build.ID, f) {
				d.Severity = hcl.DiagWarning
				d.Detail = strings.TrimLeft(d.Detail+"\n\nThe build went on, since the step has continue_on_error.", "\n")
				all = append(all, d)
			}
		}
	}
	return all
}
