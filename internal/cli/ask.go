package cli

import (
	"context"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/prompt"
)

// interactive tells whether there is someone to answer questions.
func (r *run) interactive() bool {
	f, ok := r.env.Stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && !r.options.json && !r.options.machine
}

// asker asks what to do with a failed step.
func (r *run) asker() func(ctx context.Context, build string) string {
	choices := prompt.NewChoices(r.env.Stdin, r.say)
	return func(ctx context.Context, build string) string {
		return choices.Ask(ctx, build+": [c] clean up and end, [a] abort and leave the machine's files, [r] retry the step?",
			pipeline.AnswerCleanup, pipeline.AnswerAbort, pipeline.AnswerRetry)
	}
}

// passed warns once more, beside the results, of steps that failed and were
// allowed to.
func (r *run) passed(files map[string]*hcl.File, results []pipeline.Result) {
	for _, res := range results {
		for _, f := range res.Passed {
			for _, d := range pipeline.Diagnose(res.Build.ID, f) {
				d.Severity = hcl.DiagWarning
				d.Detail = strings.TrimLeft(d.Detail+"\n\nThe build went on, since the step has continue_on_error.", "\n")
				r.report(files, hcl.Diagnostics{d})
			}
		}
	}
}
