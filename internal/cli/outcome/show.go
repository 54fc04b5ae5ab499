package outcome

import (
	"context"
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// View is where and how results are shown.
type View struct {
	Out     *ui.Root
	Files   map[string]*hcl.File // the template's
	Width   uint                 // of diagnostics, in columns; 0 is any
	Machine bool                 // for Packer's tools, which take what is listed for a success
}

// Show tells how each build ended: times first, then what went wrong, what was
// made, and where the time went. It returns how the run ended: done, failed or
// cancelled.
func (v View) Show(ctx context.Context, results []pipeline.Result) ui.State {
	states := States(ctx, results)
	run := ui.Done
	for _, res := range results {
		state := states[res.Build]
		switch state {
		case ui.Skipped:
			v.Out.Skipped(res.Build.ID, fmt.Sprintf("it starts from '%s', which was not built", res.Build.Base.ID))
		default:
			v.Out.Finished(res.Build.ID, state, res.Elapsed)
		}
		switch {
		case state == ui.Cancelled:
			run = ui.Cancelled
		case state != ui.Done && run == ui.Done:
			run = ui.Failed
		}
	}
	v.Out.Summary()
	for _, d := range Passed(results) {
		v.Out.Diagnostic(hclfile.Problem(v.Files, d, v.Width))
	}
	for _, res := range results {
		if states[res.Build] != ui.Failed {
			continue
		}
		for _, d := range Diagnose(res.Build.ID, res.Err) {
			v.Out.Failure(res.Build.ID, hclfile.Problem(v.Files, d, v.Width))
		}
	}
	if run == ui.Cancelled {
		v.Out.Diagnostic(hclfile.Problem(v.Files, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: context.Cause(ctx).Error()}, v.Width))
	}
	var made []ui.Made
	for _, res := range results {
		if state := states[res.Build]; state == ui.Done || state == ui.Failed && !v.Machine {
			made = append(made, ui.Made{Build: res.Build.ID, Artifacts: res.Artifacts})
		}
	}
	v.Out.Artifacts(made)
	return run
}
