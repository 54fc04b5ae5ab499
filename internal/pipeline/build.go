package pipeline

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates"
)

// closeTimeout bounds the clean-up after a build, cancelled or not.
const closeTimeout = 2 * time.Minute

// build is one build on its way from boot to artifact.
type build struct {
	*templates.Build
	options Options
	out     *ui.UI
	machine builders.Machine
	guest   guest.Guest
	info    builders.Info
	passed  []*Failure      // of steps that may fail
	memory  *memory.Session // nil: nothing is remembered
	refused error           // why nothing may be baked, or nil
	began   time.Time
	saved   time.Duration // what was remembered took so long when it was done
}

// run bakes, closes the machine and post-processes. The first result is what
// the builder made, nil if the build failed or it was not kept; what is kept on
// disk is told also when a post-processor failed.
func (b *build) run(ctx context.Context) (made *artifact.Artifact, kept []*artifact.Artifact, err error) {
	made, kept, whole := b.existing(ctx)
	switch {
	case whole:
		return made, kept, nil
	case made != nil && errors.Is(b.refused, errUseless): // it is only looked at
		return made, nil, nil
	case made != nil:
		b.out.Say("nothing it is made of has changed: the image of the earlier build is used")
		if known, ok := b.Builder.(builders.Informer); ok {
			b.info = known.Info()
		}
	case b.refused != nil:
		return nil, nil, &Failure{Range: b.Range, Step: memory.Boot, Err: b.refused}
	default:
		if made, err = b.bake(ctx); err != nil {
			return nil, nil, err
		}
		ended := b.leave(ctx)
		b.machine = nil // closed: it has nothing more to explain
		defer func() {
			if closeErr := ended(); closeErr != nil && err == nil {
				made, err = nil, b.fail(ctx, b.Range, "clean-up", closeErr)
			}
		}()
		b.note(ctx, memory.Image, made, []*artifact.Artifact{made})
	}
	if kept, err = b.postProcess(ctx, made); err != nil {
		return nil, kept, err
	}
	if !slices.Contains(kept, made) {
		made = nil // a post-processor made something else of it
	}
	b.note(ctx, memory.Result, made, kept)
	return made, kept, nil
}

// bake boots the machine, provisions and seals it; the machine is always closed.
func (b *build) bake(ctx context.Context) (made *artifact.Artifact, err error) {
	done := b.out.Step("boot")
	defer func() { done() }()
	defer func() {
		if made != nil && b.lingers() {
			b.memory.Settle()
			b.memory.Close()
			return
		}
		if closeErr := b.close(ctx); closeErr != nil && err == nil {
			made, err = nil, b.fail(ctx, b.Range, "clean-up", closeErr)
		}
	}()
	g, ran, err := b.enter(ctx)
	if err != nil {
		return nil, b.fail(ctx, b.Range, "boot", err)
	}
	done()
	b.entered(g)
	if err := b.provisionAll(ctx, ran); err != nil {
		return nil, err
	}
	if err := b.pause(ctx, "it is sealed"); err != nil {
		return nil, b.fail(ctx, b.Range, "seal", err)
	}
	done = b.out.Step("seal")
	if made, err = b.machine.Seal(ctx); err != nil {
		return nil, b.fail(ctx, b.Range, "seal", err)
	}
	return made, nil
}

// close releases the machine, if there is one, and what is held for it.
func (b *build) close(ctx context.Context) error {
	b.memory.Settle()
	defer b.memory.Close()
	if b.machine == nil {
		return nil
	}
	return release(ctx, b.machine)
}

func release(ctx context.Context, m builders.Machine) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return m.Close(ctx)
}

// lingers says that the machine may be closed beside the post-processors.
func (b *build) lingers() bool {
	l, ok := b.machine.(builders.Lingerer)
	return ok && l.Lingers()
}

// leave begins to close a machine that lingers; ended waits for that.
func (b *build) leave(ctx context.Context) (ended func() error) {
	if !b.lingers() {
		return func() error { return nil }
	}
	done, m := make(chan error, 1), b.machine
	go func() { done <- release(ctx, m) }()
	return func() error { return <-done }
}

// fail makes the build's error; an interrupted build says that and no more.
func (b *build) fail(ctx context.Context, where hcl.Range, step string, err error) *Failure {
	f := &Failure{Range: where, Step: step, Err: err}
	if ctx.Err() != nil {
		f.Err = context.Cause(ctx)
		return f
	}
	if m, ok := b.machine.(builders.Explainer); ok {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		f.Hints = m.Explain(ctx)
	}
	return f
}

// revisit says how to see the machine as it was before the step of that index,
// where it is kept so.
func (b *build) revisit(step int) []string {
	if b.memory.Settle(); !b.memory.Before(step) {
		return nil
	}
	which := ""
	if b.options.several {
		which += "-only=" + b.ID + " "
	}
	switch later := b.memory.Later(step); {
	case later && step == 1:
		which += "-at=boot "
	case later:
		which += fmt.Sprintf("-at=%d ", step-1)
	}
	return []string{"The machine is kept as it was just before this step: ovenbird shell " + which + b.options.Template}
}

func (b *build) provisionerEnv() provisioners.Env {
	port := strconv.Itoa(b.info.HTTPPort)
	env := provisioners.Env{
		BuildName: b.Name, BuilderType: b.Type, RunID: b.options.RunID,
		HTTPIP: b.info.HTTPIP, HTTPPort: port, HTTPAddr: net.JoinHostPort(b.info.HTTPIP, port),
		Vars: vars(b.info, b.options.RunID),
	}
	if b.options.Pause != nil {
		env.Pause = func(ctx context.Context) error { return b.options.Pause(ctx, b.ID) }
	}
	return env
}

// vars are the build's facts under the names that templates know.
func vars(i builders.Info, runID string) map[string]string {
	all := map[string]string{
		"ID": i.ID, "Host": i.Host, "Port": strconv.Itoa(i.Port), "User": i.User, "Password": i.Password,
		"ConnType": i.ConnType, "SSHPublicKey": i.SSHPublicKey, "SSHPrivateKey": i.SSHPrivateKey,
		"PackerRunUUID": runID, "PackerHTTPIP": i.HTTPIP, "PackerHTTPPort": strconv.Itoa(i.HTTPPort),
		"PackerHTTPAddr": net.JoinHostPort(i.HTTPIP, strconv.Itoa(i.HTTPPort)),
	}
	maps.Copy(all, i.More)
	return all
}
