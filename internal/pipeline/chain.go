package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

// postProcess runs the chains one after another; a failing step ends its chain
// and the later chains still run. It returns the artifacts that are kept, the
// builder's own first.
func (b *build) postProcess(ctx context.Context, made *artifact.Artifact) ([]*artifact.Artifact, error) {
	keepMade := len(b.PostProcessors) == 0
	var kept []*artifact.Artifact
	var errs []error
	for _, chain := range b.PostProcessors {
		results, keepFirst, err := b.chain(ctx, chain, made)
		keepMade = keepMade || keepFirst
		if err != nil {
			errs = append(errs, err)
			keepMade = true // nothing is thrown away that a later run could use
			continue
		}
		kept = append(kept, results...)
	}
	if keepMade {
		kept = append([]*artifact.Artifact{made}, kept...)
	} else if !slices.Contains(kept, made) {
		spare(made, kept) // also what was made of it in several steps may stand in its folder
		errs = append(errs, destroy(made))
	}
	return unique(kept), errors.Join(errs...)
}

// chain runs one chain. keepFirst says that it keeps what the builder made.
func (b *build) chain(ctx context.Context, chain []*templates.PostStep, made *artifact.Artifact) (kept []*artifact.Artifact, keepFirst bool, err error) {
	current := made
	for _, s := range chain {
		name := stepName("post-processor", s.Type, s.Name)
		done := b.out.Step(name)
		next, keep, err := b.step(ctx, s, current)
		done()
		if err != nil {
			return nil, keepFirst, b.fail(ctx, s.Range, name, err)
		}
		keep = keep || next == current
		switch {
		case current == made: // also after steps that only looked: other chains still need it
			keepFirst = keep
		case keep:
			kept = append(kept, current)
		default:
			if next != nil {
				spare(current, []*artifact.Artifact{next})
			}
			if err := destroy(current); err != nil {
				return nil, keepFirst, b.fail(ctx, s.Range, name, err)
			}
		}
		if next == nil {
			return kept, keepFirst, nil
		}
		current = next
	}
	return append(kept, current), keepFirst, nil
}

// step runs one post-processor and says whether its input is kept.
func (b *build) step(ctx context.Context, s *templates.PostStep, in *artifact.Artifact) (out *artifact.Artifact, keep bool, err error) {
	if ctx.Err() != nil {
		return nil, true, context.Cause(ctx)
	}
	p, diags := s.Decode(b.info, postprocessors.Env{
		BuildName: b.Name, BuilderType: b.Type, RunID: b.options.RunID, Force: b.options.Force, Vars: vars(b.info, b.options.RunID),
	})
	if diags.HasErrors() {
		return nil, true, diags
	}
	byDefault, forced := false, false
	if k, ok := p.(postprocessors.Keeper); ok {
		byDefault, forced = k.KeepInput()
	}
	keep = byDefault
	if s.KeepInput != nil && !forced {
		keep = *s.KeepInput
	}
	out, err = p.Process(ctx, in, b.out.Part(s.Type))
	return out, keep, err
}

// spare makes the end of a leave the files of others.
func spare(a *artifact.Artifact, others []*artifact.Artifact) {
	for _, other := range others {
		for _, f := range other.Files {
			a.Spare(f)
		}
	}
}

func destroy(a *artifact.Artifact) error {
	if a.Destroy == nil {
		return nil
	}
	return a.Destroy()
}

// unique drops repeated pointers: a post-processor that only looked hands on what it got.
func unique(all []*artifact.Artifact) []*artifact.Artifact {
	var out []*artifact.Artifact
	for _, a := range all {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}
