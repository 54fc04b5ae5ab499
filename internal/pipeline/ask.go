package pipeline

import (
	"context"
	"errors"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Question is what Ask shows after the build's name.
const Question = ": [c] clean up and end, [a] abort and leave the machine's files, [r] read the template again and retry the step, [s] open a shell in the machine?"

// What Ask answers.
const (
	AnswerCleanup = "c"
	AnswerAbort   = "a"
	AnswerRetry   = "r"
	AnswerShell   = "s"
)

// ask lets the user decide about the step of that index; no answer is to clean
// up. When the answer is to retry, all is ready for that.
func (b *build) ask(ctx context.Context, failure error, step int) string {
	if b.options.Ask == nil {
		return AnswerCleanup
	}
	b.out.Error("%s", failure.Error())
	for ctx.Err() == nil {
		var err error
		answer := b.options.Ask(ctx, b.ID)
		switch {
		case answer == AnswerShell && b.options.Shell != nil && b.guest != nil:
			err = b.options.Shell(ctx, b.guest)
			if exit := (*guest.ExitError)(nil); errors.As(err, &exit) {
				err = nil // the shell's own
			}
		case answer == AnswerShell:
			err = errors.New("no shell can be opened in this machine")
		case answer != AnswerRetry:
			return answer
		default:
			if err = b.again(ctx, step); err == nil {
				return AnswerRetry
			}
		}
		if err != nil {
			b.out.Error("%s", err.Error())
		}
		if b.machine == nil {
			break
		}
	}
	return AnswerCleanup
}

// again readies the failed step for another attempt: it is read anew, and the
// machine is what it was before the step, where that is kept.
func (b *build) again(ctx context.Context, step int) error {
	if b.options.Reload != nil {
		fresh, secrets, err := b.options.Reload(ctx, b.ID)
		if err != nil {
			return err
		}
		if len(fresh.Provisioners) < step {
			return errors.New("the template has no such step any more")
		}
		next := *b.Build // with the machine as it is, and how that is made
		next.Provisioners, next.Cleanup, next.PostProcessors = fresh.Provisioners, fresh.Cleanup, fresh.PostProcessors
		b.options.Secrets = secrets
		b.Build = &next
	}
	if b.memory == nil {
		return nil
	}
	now, _, err := memory.Recall(ctx, b.Build, b.options.Options, b.out)
	if err != nil {
		return err
	}
	chain, same, err := b.memory.Again(now, step)
	if err != nil {
		return err
	}
	if !same {
		b.out.Warn("what runs before this step has changed, too; it stays as it ran, and nothing more is remembered")
	}
	if chain == nil {
		return nil
	}
	return b.goBack(ctx, chain)
}

// goBack puts the machine of the chain in the place of the one that there is.
func (b *build) goBack(ctx context.Context, chain []*checkpoint.Checkpoint) error {
	resumer, ok := b.Builder.(builders.Resumer)
	if !ok {
		return nil
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	old := b.machine
	b.machine, b.guest = nil, nil
	if err := old.Close(clean); err != nil {
		return err
	}
	g, err := b.start(ctx, func(ctx context.Context, out *ui.UI) (builders.Machine, error) {
		return resumer.Resume(ctx, chain, out)
	})
	if err != nil {
		if b.machine != nil {
			err = errors.Join(err, b.machine.Close(clean))
			b.machine = nil
		}
		return err
	}
	b.entered(g)
	b.out.Say("the machine is as it was before the step")
	return nil
}

// entered notes what is known of the machine.
func (b *build) entered(g guest.Guest) {
	b.guest = g
	if m, ok := b.machine.(builders.Informer); ok {
		b.info = m.Info()
	}
}
