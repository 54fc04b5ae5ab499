package pipeline

import (
	"context"
	"slices"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// recall names what the build depends on, and says what is not remembered.
func (b *build) recall(ctx context.Context) error {
	m, why, err := memory.Recall(ctx, b.Build, b.options.Options, b.out)
	if err != nil {
		return err
	}
	if m == nil {
		if why != "" {
			b.out.Say("this build is not remembered: %s", why)
		}
		return nil
	}
	if m.Unnamed != "" {
		b.out.Say("nothing is remembered from here on: %s", m.Unnamed)
	}
	b.memory = memory.Open(m, b.ID, b.options.Options, b.out)
	return nil
}

// enter starts the machine: a remembered one that is as far on as possible, or
// a new one. Ran tells how many provisioners have run on it.
func (b *build) enter(ctx context.Context) (g guest.Guest, ran int, err error) {
	resumer, ok := b.Builder.(builders.Resumer)
	if b.memory == nil || !ok {
		b.memory.Begin()
		g, err = b.start(ctx, b.Builder.Boot)
		return g, 0, err
	}
	resumer.Remember(b.memory.Store)
	for {
		chain, at, err := b.memory.Next(ctx)
		if err != nil {
			return nil, 0, err
		}
		if chain == nil {
			b.memory.Begin()
			if g, err = b.start(ctx, b.Builder.Boot); err == nil {
				b.freeze(ctx, 0)
			}
			return g, 0, err
		}
		resume := func(ctx context.Context, out *ui.UI) (builders.Machine, error) {
			return resumer.Resume(ctx, chain, out)
		}
		if g, err = b.start(ctx, resume); err == nil {
			for _, c := range chain {
				b.out.Say("%s: remembered, %s old", c.Title, memory.Age(c.Made))
			}
			b.saved = b.memory.Resumed(chain)
			return g, at, nil
		}
		if ctx.Err() != nil {
			return nil, 0, err
		}
		b.memory.Shun(chain, err)
		if err := b.close(ctx); err != nil {
			return nil, 0, err
		}
		b.machine = nil
	}
}

// start boots or resumes the machine, and enters it.
func (b *build) start(ctx context.Context, begin func(context.Context, *ui.UI) (builders.Machine, error)) (guest.Guest, error) {
	machine, err := begin(ctx, b.out)
	if err != nil {
		return nil, err
	}
	b.machine = machine
	return machine.Guest(ctx)
}

// freeze remembers the machine as it is after the step of that index, 0 being
// the boot.
func (b *build) freeze(ctx context.Context, step int) {
	if f, ok := b.machine.(builders.Freezer); ok {
		b.memory.Freeze(ctx, f, step)
	}
}

// existing gives what an earlier run left, if nothing has changed since: the
// result of the whole build, or what the builder made, which is still to be
// post-processed.
func (b *build) existing(ctx context.Context) (made *artifact.Artifact, kept []*artifact.Artifact, whole bool) {
	if b.memory == nil {
		return nil, nil, false
	}
	left, _ := b.memory.Left(ctx, b.Build)
	if left == nil {
		return b.finish(ctx), nil, false
	}
	b.saved, b.memory.Ran = left.Took, left.Ran
	if left.Whole {
		b.out.Say("nothing has changed: what the build of %s ago made is still there", memory.Age(left.Baked.Made))
	}
	return left.Made, left.Kept, left.Whole
}

// finish gives what an interrupted run left to be finished, nil for nothing.
func (b *build) finish(ctx context.Context) *artifact.Artifact {
	f, ok := b.Builder.(builders.Finisher)
	if !ok || b.memory.Image == "" {
		return nil
	}
	made, began, err := f.Finish(ctx, b.memory.Image, b.memory.Since(time.Now()), b.out)
	if err != nil {
		b.out.Warn("what an earlier run left cannot be finished: %s", err.Error())
	}
	if made != nil {
		b.memory.Ran = slices.Repeat([]time.Time{began}, len(b.memory.Steps))
		b.note(ctx, memory.Image, made, []*artifact.Artifact{made})
	}
	return made
}

// note records artifacts; that it cannot only means that the next run bakes.
func (b *build) note(ctx context.Context, k memory.Kind, made *artifact.Artifact, all []*artifact.Artifact) {
	if b.memory == nil {
		return
	}
	if err := b.memory.Note(ctx, k, made, all, b.memory.Ran, time.Since(b.began)+b.saved); err != nil {
		b.out.Warn("the artifact is not remembered: %s", err.Error())
	}
}
