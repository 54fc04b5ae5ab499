package cli

import (
	"context"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/cli/outcome"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/templates"
)

// runValidate checks a template in one of three depths: -syntax-only parses it,
// the default decodes all that would run without touching the network or the
// outputs of earlier builds, and -online also asks for what the builds need.
func runValidate(ctx context.Context, r *run) int {
	if r.options.SyntaxOnly && r.options.Online {
		return r.usage("-syntax-only excludes -online; choose one")
	}
	var env builders.Env
	if r.options.ReadData {
		cache, err := host.CacheDir(r.env.Getenv)
		if err != nil {
			return r.usage("%s", err.Error())
		}
		env.CacheDir, env.RunID = cache, uuid.NewString()
	}
	plan, code := r.load(ctx, env)
	if code != ExitOK {
		return code
	}
	if r.options.SyntaxOnly {
		r.out.Result("The syntax is valid.")
		return ExitOK
	}
	if r.options.Online && !r.online(ctx, plan) {
		return ExitFailed
	}
	r.out.Result("The configuration is valid.")
	return ExitOK
}

// online asks for what each build needs, and tells whether all can be had.
func (r *run) online(ctx context.Context, plan *templates.Plan) bool {
	ok := true
	for _, b := range plan.Builds {
		checker, can := b.Builder.(builders.OnlineChecker)
		if !can {
			continue
		}
		if err := checker.CheckOnline(ctx); err != nil {
			ok = false
			r.report(plan.Files, outcome.Diagnose(b.ID, &pipeline.Failure{Range: b.Range, Step: "what it starts from", Err: err}))
		}
	}
	return ok
}
