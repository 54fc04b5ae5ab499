package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
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
	info    builders.Info
}

// run bakes, closes the machine and post-processes. The first result is what
// the builder made, nil if it failed or was not kept.
func (b *build) run(ctx context.Context) (made *artifact.Artifact, kept []*artifact.Artifact, err error) {
	made, err = b.bake(ctx)
	if err != nil {
		return nil, nil, err
	}
	b.machine = nil // closed: it has nothing more to explain
	kept, err = b.postProcess(ctx, made)
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(kept, made) {
		return nil, kept, nil // a post-processor made something else of it
	}
	return made, kept, nil
}

// bake boots the machine, provisions and seals it; the machine is always closed.
func (b *build) bake(ctx context.Context) (made *artifact.Artifact, err error) {
	done := b.out.Step("boot")
	defer func() { done() }()
	if b.machine, err = b.Builder.Boot(ctx, b.out); err != nil {
		return nil, b.fail(ctx, b.Range, "boot", err)
	}
	defer func() {
		if closeErr := b.close(ctx); closeErr != nil && err == nil {
			made, err = nil, b.fail(ctx, b.Range, "clean-up", closeErr)
		}
	}()
	g, err := b.machine.Guest(ctx)
	if err != nil {
		return nil, b.fail(ctx, b.Range, "boot", err)
	}
	done()
	if m, ok := b.machine.(builders.Informer); ok {
		b.info = m.Info()
	}
	for _, s := range b.Provisioners {
		done = b.out.Step(stepName("provisioner", s.Type, s.Name))
		if err := b.provision(ctx, s, g); err != nil {
			return nil, b.fail(ctx, s.Range, stepName("provisioner", s.Type, s.Name), err)
		}
		done()
	}
	done = b.out.Step("seal")
	if made, err = b.machine.Seal(ctx); err != nil {
		return nil, b.fail(ctx, b.Range, "seal", err)
	}
	return made, nil
}

func (b *build) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return b.machine.Close(ctx)
}

// fail makes the build's error; an interrupted build says that and no more.
func (b *build) fail(ctx context.Context, where hcl.Range, step string, err error) error {
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

// provision runs one provisioner, as often as max_retries allows.
func (b *build) provision(ctx context.Context, s *templates.Step, g guest.Guest) error {
	p, diags := s.Decode(b.info, b.provisionerEnv())
	if diags.HasErrors() {
		return diags
	}
	for attempt := 0; ; attempt++ {
		err := b.attempt(ctx, s, p, g)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if attempt >= s.MaxRetries {
			if attempt > 0 {
				return fmt.Errorf("attempt %d of %d: %w", attempt+1, s.MaxRetries+1, err)
			}
			return err
		}
		b.out.Warn("%s: %s; trying again (%d of %d)", stepName("provisioner", s.Type, s.Name), err.Error(), attempt+2, s.MaxRetries+1)
	}
}

func (b *build) attempt(ctx context.Context, s *templates.Step, p provisioners.Provisioner, g guest.Guest) error {
	if s.PauseBefore > 0 {
		b.out.Say("pausing %s before the %s provisioner", s.PauseBefore, s.Type)
		select {
		case <-time.After(s.PauseBefore):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if s.Timeout <= 0 {
		return p.Provision(ctx, g, b.out)
	}
	limited, cancel := context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("it took longer than its timeout of %s", s.Timeout))
	defer cancel()
	err := p.Provision(limited, g, b.out)
	if err != nil && limited.Err() != nil && ctx.Err() == nil && !errors.Is(err, context.Cause(limited)) {
		return context.Cause(limited)
	}
	return err
}

func (b *build) provisionerEnv() provisioners.Env {
	port := strconv.Itoa(b.info.HTTPPort)
	return provisioners.Env{
		BuildName: b.Name, BuilderType: b.Type, RunID: b.options.RunID,
		HTTPIP: b.info.HTTPIP, HTTPPort: port, HTTPAddr: net.JoinHostPort(b.info.HTTPIP, port),
		Vars: vars(b.info, b.options.RunID),
	}
}

// vars are the build's facts under the names that templates know.
func vars(i builders.Info, runID string) map[string]string {
	return map[string]string{
		"ID": i.ID, "Host": i.Host, "Port": strconv.Itoa(i.Port), "User": i.User, "Password": i.Password,
		"ConnType": i.ConnType, "SSHPublicKey": i.SSHPublicKey, "SSHPrivateKey": i.SSHPrivateKey,
		"PackerRunUUID": runID, "PackerHTTPIP": i.HTTPIP, "PackerHTTPPort": strconv.Itoa(i.HTTPPort),
		"PackerHTTPAddr": net.JoinHostPort(i.HTTPIP, strconv.Itoa(i.HTTPPort)),
	}
}

// stepName is what people call a block: `provisioner "shell"`, with its name if it has one.
func stepName(kind, typ, name string) string {
	if name != "" && name != typ {
		return fmt.Sprintf("%s %q (%s)", kind, typ, name)
	}
	return fmt.Sprintf("%s %q", kind, typ)
}
