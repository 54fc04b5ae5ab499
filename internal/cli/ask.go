package cli

import (
	"context"
	"os"

	"golang.org/x/term"

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
		pause = choices.Pause
	}
	return func(ctx context.Context, build string) string {
		return choices.Ask(ctx, build+pipeline.Question, pipeline.AnswerCleanup, pipeline.AnswerAbort, pipeline.AnswerRetry)
	}, pause
}
