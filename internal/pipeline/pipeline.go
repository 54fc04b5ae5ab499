// Package pipeline runs builds, each from boot to artifact, many side by side.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/folder"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/room"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Options say how to run builds.
type Options struct {
	Parallel  int    // most builds at once; less than 1: as many as the host has room for
	OnError   string // Cleanup, Abort, RunCleanup or Ask; "" is Cleanup
	Force     bool   // replace what an earlier run left
	RunID     string // one UUID for the whole run
	MemoryMiB int    // what all machines together may take; 0: no limit
	CPUs      int    // of the host; two virtual ones share each; 0: no limit
	memory.Options
	// Ask tells what to do with a failed step of a build: AnswerCleanup,
	// AnswerAbort, AnswerRetry or AnswerShell. Several builds may ask at once.
	Ask func(ctx context.Context, build string) string
	// Shell lets a person work in a machine; nil when nobody is there.
	Shell func(ctx context.Context, g guest.Guest) error
	// Reload reads a build of the template anew, with all values that are
	// secret; nil retries steps as they were.
	Reload func(ctx context.Context, build string) (*templates.Build, []string, error)
	// Pause waits until someone presses Enter; nil when nobody is there.
	Pause func(ctx context.Context, build string) error
	Debug bool // pause before each step

	several bool // builds were asked for
}

// Result is how one build ended.
type Result struct {
	Build     *templates.Build
	Artifacts []*artifact.Artifact // kept ones, the builder's first; also of a build whose post-processor failed
	Err       error                // a *Failure, or the cancellation's cause
	Passed    []*Failure           // of provisioners with continue_on_error
	Elapsed   time.Duration
}

// errBase is why a build did not start.
var errBase = errors.New("not built, because what it starts from was not")

// Run runs all builds of the plan and returns when the last one has ended and
// cleaned up. Results are in the plan's order, without those of bases that
// turned out to be of no use. A failing build stops only those
// that start from it.
func Run(ctx context.Context, plan *templates.Plan, o Options, root *ui.Root) []Result {
	asked := slices.DeleteFunc(slices.Clone(plan.Builds), func(b *templates.Build) bool { return b.Implicit })
	o.several = len(asked) > 1
	r := &runner{options: o, ended: map[*templates.Build]*ending{}, refused: check(plan.Builds), only: map[*templates.Build]bool{}}
	builds := r.wanted(plan.Builds)
	r.results = make([]Result, len(builds))
	r.room = room.New(room.Host{Builds: o.Parallel, MemoryMiB: o.MemoryMiB, Processors: o.CPUs})
	for _, b := range builds {
		r.ended[b] = &ending{done: make(chan struct{})}
	}
	var all sync.WaitGroup
	for i, b := range builds {
		out := root.For(b.ID) // here, so that colours follow the order of the plan
		all.Go(func() { r.results[i] = r.run(ctx, b, out) })
	}
	all.Wait()
	if o.Store != nil && r.published.Load() {
		if _, err := o.Store.Prune(folder.Budget(o.Store.Dir())); err != nil {
			root.Warn(err.Error())
		}
	}
	return slices.DeleteFunc(r.results, func(res Result) bool { return errors.Is(res.Err, errUseless) })
}

// check asks every builder that can tell whether it cannot succeed.
func check(all []*templates.Build) map[*templates.Build]error {
	refused := map[*templates.Build]error{}
	for _, b := range all {
		if c, ok := b.Builder.(builders.Checker); ok {
			if err := c.Check(); err != nil {
				refused[b] = err
			}
		}
	}
	return refused
}

// errUseless is a base that turned out to be of no use.
var errUseless = errors.New("of no use")

// wanted leaves out the bases that nobody asked for and that only refused
// builds would start from; where artifacts are remembered, such a base is only
// looked at, as the refused build may have nothing to do. A base stands before
// what is built from it.
func (r *runner) wanted(all []*templates.Build) []*templates.Build {
	needed, used := map[*templates.Build]bool{}, map[*templates.Build]bool{}
	for _, b := range slices.Backward(all) {
		needed[b] = needed[b] || !b.Implicit
		used[b] = used[b] || !b.Implicit
		r.only[b] = !used[b]
		if b.Base == nil || !needed[b] {
			continue
		}
		if r.refused[b] == nil {
			used[b.Base] = used[b.Base] || used[b]
			needed[b.Base] = true
		} else if r.options.Store != nil {
			needed[b.Base] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(b *templates.Build) bool { return !needed[b] })
}

type runner struct {
	options Options
	room    *room.Room
	results []Result
	ended   map[*templates.Build]*ending
	refused map[*templates.Build]error
	only    map[*templates.Build]bool // bases that are looked at, but not baked

	published atomic.Bool // the store has grown
}

// ending is what builds wait for that start from another one's artifact.
type ending struct {
	done     chan struct{}
	artifact *artifact.Artifact // nil when the build failed
}

// run waits for the base and for room on the host, then runs one build.
func (r *runner) run(ctx context.Context, b *templates.Build, out *ui.UI) (res Result) {
	res.Build = b
	end := r.ended[b]
	defer close(end.done)
	refused := r.refused[b]
	refuse := func() Result { return Result{Build: b, Err: &Failure{Range: b.Range, Step: memory.Boot, Err: refused}} }
	if refused != nil && r.options.Store == nil {
		return refuse() // before its base, which is not there, is waited for
	}
	if err := r.rebase(ctx, b); err != nil {
		if refused != nil {
			return refuse()
		}
		res.Err = &Failure{Range: b.Range, Step: "base", Err: err}
		return res
	}
	if r.only[b] {
		refused = errUseless
	}
	release, err := r.admit(ctx, b)
	if err != nil {
		res.Err = err
		return res
	}
	defer release()
	start := time.Now()
	one := &build{Build: b, options: r.options, out: out, refused: refused, began: start}
	if err := one.recall(ctx); err != nil {
		where, title := b.Range, memory.Boot
		if e := (*memory.StepError)(nil); errors.As(err, &e) {
			where, title, err = e.Range, e.Title, e.Err
		}
		res.Err = one.fail(ctx, where, title, err)
		return res
	}
	end.artifact, res.Artifacts, res.Err = one.run(ctx)
	if one.memory.Grown() {
		r.published.Store(true)
	}
	if saved := one.saved.Round(time.Second); res.Err == nil && saved > 0 {
		out.Say("what was remembered saved %s", saved)
	}
	res.Passed, res.Elapsed = one.passed, time.Since(start)
	return res
}

func (r *runner) rebase(ctx context.Context, b *templates.Build) error {
	if b.Base == nil {
		return nil
	}
	base := r.ended[b.Base]
	select {
	case <-base.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if base.artifact == nil {
		return fmt.Errorf("%s: %w", b.Base.ID, errBase)
	}
	derived, ok := b.Builder.(builders.Derived)
	if !ok {
		return fmt.Errorf("a %s source cannot start from another source", b.Type)
	}
	derived.Rebase(base.artifact)
	return nil
}

// admit waits until the host has room for the build.
func (r *runner) admit(ctx context.Context, b *templates.Build) (release func(), err error) {
	sized, ok := b.Builder.(builders.Sized)
	if !ok {
		return r.room.Enter(ctx, 0, 0)
	}
	memory, processors := sized.Size()
	return r.room.Enter(ctx, memory, processors)
}
