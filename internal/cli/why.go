package cli

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/cli/shell"
	"github.com/ovenbird-io/ovenbird/internal/cli/why"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/templates"
)

// runWhy tells what a build would do, and why.
func runWhy(ctx context.Context, r *run) int {
	return r.recalled(ctx, func(plan *templates.Plan, o memory.Options) error {
		return why.Show(ctx, plan.Builds, o, append(r.args, "")[1], r.out)
	})
}

// runShell lets a person, or a script, work in a machine that is remembered.
func runShell(ctx context.Context, r *run) int {
	if r.options.JSON || r.options.Machine {
		return r.usage("shell writes what is said in the machine, and no events")
	}
	return r.recalled(ctx, func(plan *templates.Plan, o memory.Options) error {
		return shell.Open(ctx, plan.Builds, shell.Options{
			Options: o, At: r.options.At,
			Stdin: r.env.Stdin, Stdout: r.env.Stdout, Stderr: r.env.Stderr, Term: r.env.Getenv("TERM"),
		}, r.out)
	})
}

// recalled does something with a template and what is remembered of it.
func (r *run) recalled(ctx context.Context, do func(*templates.Plan, memory.Options) error) int {
	cache, err := host.CacheDir(r.env.Getenv)
	if err != nil {
		return r.usage("%s", err.Error())
	}
	r.options.ReadData = true
	plan, code := r.load(ctx, builders.Env{CacheDir: cache, RunID: uuid.NewString()})
	if code != ExitOK {
		return code
	}
	return r.ended(ctx, do(plan, r.memory(cache, plan)))
}

// ended shows the error that ended a command.
func (r *run) ended(ctx context.Context, err error) int {
	var usage *flags.UsageError
	var exit *guest.ExitError
	switch {
	case ctx.Err() != nil:
		return ExitInterrupted
	case errors.As(err, &usage):
		return r.usage("%s", err.Error())
	case errors.As(err, &exit) && exit.Status > 0:
		return exit.Status // of a shell
	case err != nil:
		r.fault(err.Error())
		return ExitFailed
	}
	return ExitOK
}
