package cli

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/memory"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// load reads the template and shows what is wrong with it; the code is ExitOK
// when it can be used.
func (r *run) load(ctx context.Context, env builders.Env) (plan *templates.Plan, code int) {
	o := r.options
	plan, diags := templates.Load(ctx, r.args[0], r.components, templates.Options{
		Vars: o.vars, VarFiles: o.varFiles, Only: o.only, Except: o.except,
		Env: env, WarnUndeclared: o.warnUndeclared, SyntaxOnly: o.syntaxOnly,
		ReadData: o.readData, Out: r.out, MustBuild: r.command.name == "build",
	})
	r.out.Hide(plan.Secrets...)
	for _, name := range slices.Sorted(maps.Keys(plan.Files)) {
		r.out.Debug("read " + name)
	}
	r.report(plan.Files, diags)
	for _, b := range plan.Builds {
		r.out.Debug(fmt.Sprintf("planned %s: %d provisioners, %d post-processor chains", b.ID, len(b.Provisioners), len(b.PostProcessors)))
	}
	return plan, refusal(ctx, diags)
}

// refusal is the exit code for what is wrong with a template: that what it
// depends on cannot be had is a failure, not bad usage.
func refusal(ctx context.Context, diags hcl.Diagnostics) int {
	code := ExitOK
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		if _, read := d.Extra.(*datasource.ReadError); !read {
			return ExitUsage
		}
		code = ExitFailed
	}
	if code == ExitFailed && ctx.Err() != nil {
		return ExitInterrupted
	}
	return code
}

func runBuild(ctx context.Context, r *run) int {
	if r.options.onError == pipeline.Ask && !r.interactive() {
		return r.usage("-on-error=ask needs a terminal to ask on; use cleanup, abort or run-cleanup-provisioner")
	}
	cache, err := host.CacheDir(r.env.Getenv)
	if err != nil {
		return r.usage("%s", err.Error())
	}
	id := uuid.NewString()
	r.options.readData = true
	plan, code := r.load(ctx, builders.Env{
		CacheDir: cache, RunID: id, Force: r.options.force,
		RequireAccel: r.options.requireAccel, Keep: r.options.onError == pipeline.Abort || r.options.onError == pipeline.RunCleanup,
	})
	if code != ExitOK {
		return code
	}
	warned := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(warned)
		r.out.Warn(fmt.Sprintf("%s; cleaning up (once more to end at once)", context.Cause(ctx)))
	})
	ask, pause := r.askers()
	results := pipeline.Run(ctx, plan, pipeline.Options{
		Parallel: r.options.parallel, OnError: r.options.onError, Force: r.options.force,
		RunID: id, MemoryMiB: host.AvailableMiB(), Ask: ask, Pause: pause,
		Options: memory.Options{Store: r.store(cache), MaxAge: r.options.maxAge, Secrets: plan.Secrets, Template: r.args[0]},
	}, r.out)
	if !stop() {
		<-warned // the warning comes before the results
	}
	return r.results(ctx, plan, results)
}

// store opens what is remembered; without it builds go on, remembering nothing.
func (r *run) store(cache string) *checkpoint.Store {
	if r.options.noCache {
		return nil
	}
	store, err := checkpoint.Open(filepath.Join(cache, "checkpoints"))
	if err != nil {
		r.out.Warn(fmt.Sprintf("nothing is remembered: %s", err.Error()))
		return nil
	}
	return store
}

// results tells how each build ended: times first, then what went wrong, what
// was made, and where the time went.
func (r *run) results(ctx context.Context, plan *templates.Plan, results []pipeline.Result) int {
	states := pipeline.Outcomes(ctx, results)
	code := ExitOK
	for _, res := range results {
		state := states[res.Build]
		switch state {
		case ui.Skipped:
			r.out.Skipped(res.Build.ID, fmt.Sprintf("it starts from '%s', which was not built", res.Build.Base.ID))
		default:
			r.out.Finished(res.Build.ID, state, res.Elapsed)
		}
		switch {
		case state == ui.Cancelled:
			code = ExitInterrupted
		case state != ui.Done && code == ExitOK:
			code = ExitFailed
		}
	}
	r.out.Summary()
	r.report(plan.Files, pipeline.Passed(results))
	for _, res := range results {
		if states[res.Build] != ui.Failed {
			continue
		}
		for _, d := range pipeline.Diagnose(res.Build.ID, res.Err) {
			r.out.Failure(res.Build.ID, hclfile.Problem(plan.Files, d, r.width()))
		}
	}
	if code == ExitInterrupted {
		r.report(plan.Files, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: context.Cause(ctx).Error()}})
	}
	var made []ui.Made
	for _, res := range results {
		if state := states[res.Build]; state == ui.Done || state == ui.Failed && !r.options.machine {
			made = append(made, ui.Made{Build: res.Build.ID, Artifacts: res.Artifacts})
		}
	}
	r.out.Artifacts(made)
	return code
}
