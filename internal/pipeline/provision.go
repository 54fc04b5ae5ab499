package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates"
)

// rescueTimeout bounds the error-cleanup-provisioner, also after an interrupt.
const rescueTimeout = 2 * time.Minute

// The values of -on-error.
const (
	Cleanup    = "cleanup"                 // release all that the build made
	Abort      = "abort"                   // leave the machine as it is
	RunCleanup = "run-cleanup-provisioner" // run the error-cleanup-provisioner, then as Abort
	Ask        = "ask"                     // Options.Ask tells
)

// provisionAll runs the provisioners that have not run yet in order, and the error-cleanup-provisioner
// when one of them fails or is interrupted.
func (b *build) provisionAll(ctx context.Context, ran int) error {
	for i := ran; i < len(b.Provisioners); i++ { // there may be others after a retry
		s := b.Provisioners[i]
		if err := b.pause(ctx, memory.StepName("provisioner", s.Type, s.Name)); err != nil {
			return b.fail(ctx, s.Range, memory.StepName("provisioner", s.Type, s.Name), err)
		}
		b.memory.Begin()
		if err := b.provisionOne(ctx, i); err != nil {
			return err
		}
		b.freeze(ctx, i+1)
	}
	return nil
}

// pause waits before a step where that is wanted.
func (b *build) pause(ctx context.Context, step string) error {
	if !b.options.Debug || b.options.Pause == nil {
		return nil
	}
	return b.options.Pause(ctx, b.ID+": before "+step)
}

// provisionOne runs a provisioner until it succeeds, may fail, or is given up.
func (b *build) provisionOne(ctx context.Context, i int) error {
	for {
		s := b.Provisioners[i]
		name := memory.StepName("provisioner", s.Type, s.Name)
		done := b.out.Step(name)
		err := b.provision(ctx, s, b.guest)
		if err == nil {
			done()
			return nil
		}
		if s.ContinueOnError && ctx.Err() == nil {
			done()
			b.out.Warn("%s failed, and the build goes on: %s", name, err.Error())
			b.passed = append(b.passed, &Failure{Range: s.Range, Step: name, Err: err})
			b.memory.Stop() // what has failed is not remembered as done
			return nil
		}
		failure := b.fail(ctx, s.Range, name, err)
		failure.Hints = append(b.revisit(i+1), failure.Hints...)
		done()
		mode := b.options.OnError
		if mode == Ask && ctx.Err() == nil {
			switch b.ask(ctx, failure, i+1) {
			case AnswerRetry:
				continue
			case AnswerAbort:
				mode = Abort
				if k, ok := b.machine.(builders.Keeper); ok {
					k.Keep()
				}
			}
		}
		if mode == Abort {
			return failure
		}
		return b.rescue(ctx, failure, b.guest)
	}
}

// rescue runs the error-cleanup-provisioner on a machine that failed. What goes
// wrong there is told beside the failure, never instead of it.
func (b *build) rescue(ctx context.Context, failure error, g guest.Guest) error {
	s := b.Cleanup
	if s == nil || b.machine == nil {
		return failure
	}
	name := memory.StepName("error-cleanup-provisioner", s.Type, s.Name)
	defer b.out.Step(name)()
	late := fmt.Errorf("it took longer than %s", rescueTimeout)
	limited, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), rescueTimeout, late)
	defer cancel()
	err := b.provision(limited, s, g)
	if err == nil {
		return failure
	}
	if limited.Err() != nil {
		err = late
	}
	if ctx.Err() != nil { // the results say of an interrupted build only that
		b.out.Warn("%s: %s", name, err.Error())
	}
	return errors.Join(failure, &Failure{Range: s.Range, Step: name, Err: err})
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
		b.out.Warn("%s: %s; trying again (%d of %d)", memory.StepName("provisioner", s.Type, s.Name), err.Error(), attempt+2, s.MaxRetries+1)
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
