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

// askers ask at the terminal: ask what to do with a failed step, pause for Enter
// at a breakpoint. There is no pause when nobody is there.
func (r *run) askers() (ask func(ctx context.Context, build string) string, pause func(ctx context.Context, build string) error) {
	choices := prompt.NewChoices(r.env.Stdin, r.say)
	if r.interactive() {
		pause = func(ctx context.Context, build string) error {
			choices.Ask(ctx, build+": press Enter to go on", "go")
			return context.Cause(ctx)
		}
	}
	return func(ctx context.Context, build string) string {
		return choices.Ask(ctx, build+": [c] clean up and end, [a] abort and leave the machine's files, [r] retry the step?",
			pipeline.AnswerCleanup, pipeline.AnswerAbort, pipeline.AnswerRetry)
	}, pause
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
