package cli

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/google/uuid"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/cli/outcome"
	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// load reads the template and shows what is wrong with it; the code is ExitOK
// when it can be used.
func (r *run) load(ctx context.Context, env builders.Env) (plan *templates.Plan, code int) {
	o := r.templateOptions()
	o.Env, o.ReadData, o.Out, o.MustBuild = env, r.options.ReadData, r.out, r.command.name == "build"
	plan, diags := templates.Load(ctx, r.args[0], r.components, o)
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
	bad := func(d *hcl.Diagnostic) bool {
		_, read := d.Extra.(*datasource.ReadError)
		return d.Severity == hcl.DiagError && !read
	}
	switch {
	case !diags.HasErrors():
		return ExitOK
	case slices.ContainsFunc(diags, bad):
		return ExitUsage
	case ctx.Err() != nil:
		return ExitInterrupted
	}
	return ExitFailed
}

func runBuild(ctx context.Context, r *run) int {
	if (r.options.OnError == pipeline.Ask || r.options.Debug) && !r.interactive() {
		return r.usage("-on-error=ask and -debug need a terminal to ask on")
	}
	cache, err := host.CacheDir(r.env.Getenv)
	if err != nil {
		return r.usage("%s", err.Error())
	}
	id := uuid.NewString()
	r.options.ReadData = true
	env := builders.Env{
		CacheDir: cache, RunID: id, Force: r.options.Force,
		RequireAccel: r.options.RequireAccel, Keep: r.options.OnError == pipeline.Abort || r.options.OnError == pipeline.RunCleanup,
	}
	plan, code := r.load(ctx, env)
	if code != ExitOK {
		return code
	}
	if err := memory.Check(plan.Builds, r.options.Memory.Refresh...); err != nil {
		return r.usage("-refresh: %s", err.Error())
	}
	warned := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(warned)
		r.out.Warn(fmt.Sprintf("%s; cleaning up (once more to end at once)", context.Cause(ctx)))
	})
	o := pipeline.Options{
		Parallel: r.options.Parallel, OnError: r.options.OnError, Force: r.options.Force,
		RunID: id, MemoryMiB: host.AvailableMiB(), CPUs: runtime.NumCPU(), Debug: r.options.Debug,
		Options: r.memory(cache, plan),
	}
	r.person(env, plan, &o)
	results := pipeline.Run(ctx, plan, o, r.out)
	if !stop() {
		<-warned // the warning comes before the results
	}
	view := outcome.View{Out: r.out, Files: plan.Files, Width: r.width(), Machine: r.options.Machine}
	return map[ui.State]int{ui.Failed: ExitFailed, ui.Cancelled: ExitInterrupted}[view.Show(ctx, results)]
}

// memory opens what is remembered; without it builds go on, remembering nothing.
func (r *run) memory(cache string, plan *templates.Plan) memory.Options {
	o := r.options.Memory
	o.Secrets, o.Template = plan.Secrets, r.args[0]
	if o.Off {
		return o
	}
	var err error
	if o.Store, err = checkpoint.Open(checkpoint.Folder(cache)); err != nil {
		r.out.Warn(fmt.Sprintf("nothing is remembered: %s", err.Error()))
	}
	return o
}
