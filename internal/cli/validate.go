package cli

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/cli/outcome"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

// runValidate checks a template in one of three depths: -syntax-only parses it,
// the default decodes all that would run without touching the network or the
// outputs of earlier builds, and -online also asks for what the builds need,
// data sources included.
func runValidate(ctx context.Context, r *run) int {
	if r.options.SyntaxOnly && r.options.Online {
		return r.usage("-syntax-only excludes -online; choose one")
	}
	var env builders.Env
	r.options.ReadData = r.options.ReadData || r.options.Online
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
	check := func(b *templates.Build, of any, at hcl.Range, step string) {
		checker, can := of.(builders.OnlineChecker) // post-processors have the same method
		if !can {
			return
		}
		if err := checker.CheckOnline(ctx); err != nil {
			ok = false
			r.report(plan.Files, outcome.Diagnose(b.ID, &pipeline.Failure{Range: at, Step: step, Err: err}))
		}
	}
	for _, b := range plan.Builds {
		check(b, b.Builder, b.Range, "what it starts from")
		for _, s := range slices.Concat(b.PostProcessors...) {
			p, diags := s.Decode(builders.Info{}, postprocessors.Env{BuildName: b.Name, BuilderType: b.Type, Force: r.options.Force})
			if !diags.HasErrors() {
				check(b, p, s.Range, memory.StepName("post-processor", s.Type, s.Name))
			}
		}
	}
	return ok
}
