package cli

import (
	"context"
	"errors"
	"maps"
	"os"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/prompt"
	"github.com/ovenbird-io/ovenbird/internal/tty"
	"github.com/ovenbird-io/ovenbird/templates"
)

// interactive tells whether there is someone to answer questions.
func (r *run) interactive() bool {
	return tty.Is(r.env.Stdin) && !r.options.JSON && !r.options.Machine
}

// person gives the pipeline who is at the terminal, if anybody is.
func (r *run) person(env builders.Env, plan *templates.Plan, o *pipeline.Options) {
	choices := prompt.NewChoices(r.env.Stdin, r.say)
	o.Ask = func(ctx context.Context, build string) string {
		return choices.Ask(ctx, build+pipeline.Question, pipeline.AnswerCleanup, pipeline.AnswerAbort, pipeline.AnswerRetry, pipeline.AnswerShell)
	}
	if !r.interactive() {
		return
	}
	o.Pause = choices.Pause
	o.Shell = func(ctx context.Context, g guest.Guest) error {
		return choices.Alone(func() error {
			return tty.Shell(ctx, g, r.env.Stdin.(*os.File), r.env.Stdout, r.env.Getenv("TERM"))
		})
	}
	o.Reload = func(ctx context.Context, build string) (b *templates.Build, secrets []string, err error) {
		err = choices.Alone(func() error {
			now, code := r.load(ctx, env)
			if code != ExitOK {
				return errors.New("the template cannot be used as it is now")
			}
			maps.Copy(plan.Files, now.Files) // for what may still go wrong
			for _, b = range now.Builds {
				if secrets = now.Secrets; b.ID == build {
					return nil
				}
			}
			return errors.New("the template has no such build any more")
		})
		return b, secrets, err
	}
}
