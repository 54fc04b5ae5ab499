package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// load reads the template, shows what is wrong with it and tells whether it
// can be used.
func (r *run) load(env builders.Env) (*templates.Plan, bool) {
	o := r.options
	plan, diags := templates.Load(r.args[0], r.components, templates.Options{
		Vars: o.vars, VarFiles: o.varFiles, Only: o.only, Except: o.except,
		Env: env, WarnUndeclared: o.warnUndeclared, SyntaxOnly: o.syntaxOnly,
	})
	r.out.Hide(plan.Secrets...)
	for _, name := range slices.Sorted(maps.Keys(plan.Files)) {
		r.out.Debug("read " + name)
	}
	r.report(plan.Files, diags)
	for _, b := range plan.Builds {
		r.out.Debug(fmt.Sprintf("planned %s: %d provisioners, %d post-processor chains", b.ID, len(b.Provisioners), len(b.PostProcessors)))
	}
	return plan, !diags.HasErrors()
}

func runBuild(ctx context.Context, r *run) int {
	if r.options.onError == pipeline.Ask && !r.interactive() {
		return r.usage("-on-error=ask needs a terminal to ask on; use cleanup, abort or run-cleanup-provisioner")
	}
	cache, err := cacheDir(r.env.Getenv)
	if err != nil {
		return r.usage("%s", err.Error())
	}
	id := uuid.NewString()
	plan, ok := r.load(builders.Env{
		CacheDir: cache, RunID: id, Force: r.options.force,
		RequireAccel: r.options.requireAccel, Keep: r.options.onError == pipeline.Abort || r.options.onError == pipeline.RunCleanup,
	})
	if !ok {
		return ExitUsage
	}
	warned := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(warned)
		r.out.Warn(fmt.Sprintf("%s; cleaning up (once more to end at once)", context.Cause(ctx)))
	})
	results := pipeline.Run(ctx, plan, pipeline.Options{
		Parallel: r.options.parallel, OnError: r.options.onError, Force: r.options.force,
		RunID: id, MemoryMiB: host.AvailableMiB(), Ask: r.asker(),
	}, r.out)
	if !stop() {
		<-warned // the warning comes before the results
	}
	return r.results(ctx, plan, results)
}

// results tells how each build ended: times first, then what went wrong, what
// was made, and where the time went.
func (r *run) results(ctx context.Context, plan *templates.Plan, results []pipeline.Result) int {
	states := outcomes(ctx, results)
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
	r.passed(plan.Files, results)
	for _, res := range results {
		if states[res.Build] != ui.Failed {
			continue
		}
		for _, d := range failures(res.Build.ID, res.Err) {
			r.out.Failure(res.Build.ID, problem(plan.Files, d, r.width()))
		}
	}
	if code == ExitInterrupted {
		r.report(plan.Files, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: context.Cause(ctx).Error()}})
	}
	var made []ui.Made
	for _, res := range results {
		if states[res.Build] == ui.Done {
			made = append(made, ui.Made{Build: res.Build.ID, Artifacts: res.Artifacts})
		}
	}
	r.out.Artifacts(made)
	return code
}

// outcomes names how each build ended; bases come before what starts from them.
func outcomes(ctx context.Context, results []pipeline.Result) map[*templates.Build]ui.State {
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

// cacheDir is where downloads are kept, absolute.
func cacheDir(getenv func(string) string) (string, error) {
	for _, name := range []string{"OVENBIRD_CACHE_DIR", "PACKER_CACHE_DIR"} {
		if dir := getenv(name); dir != "" {
			abs, err := filepath.Abs(dir)
			if err != nil {
				return "", fmt.Errorf("%s=%s: %w", name, dir, err)
			}
			return abs, nil
		}
	}
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ovenbird"), nil
	}
	if dir := getenv("HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, ".cache", "ovenbird"), nil
	}
	return "", errors.New("there is no home folder to keep downloads in; set OVENBIRD_CACHE_DIR")
}
