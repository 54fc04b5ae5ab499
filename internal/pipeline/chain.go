package pipeline

import (
	"context"
	"errors"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/templates"
)

// postProcess runs the chains one after another; a failing step ends its chain
// and the later chains still run. Then it destroys what no chain keeps: until
// then any chain may need it. It returns the artifacts that are kept, also with
// an error, the builder's own first.
func (b *build) postProcess(ctx context.Context, made *artifact.Artifact) ([]*artifact.Artifact, error) {
	var all holding
	var errs []error
	for _, steps := range b.PostProcessors {
		h, err := b.chain(ctx, steps, made)
		all.kept, all.dropped = append(all.kept, h.kept...), append(all.dropped, h.dropped...)
		errs = append(errs, err)
	}
	if len(b.PostProcessors) == 0 || slices.Contains(all.kept, made) {
		all.kept = append([]*artifact.Artifact{made}, all.kept...)
	}
	if err := all.destroy(); err != nil {
		errs = append(errs, b.fail(ctx, b.Range, "clean-up", err))
	}
	return unique(all.kept), errors.Join(errs...)
}

// chain runs one chain. After an error it keeps what it had made up to then, and
// what the builder made: a later run could use them.
func (b *build) chain(ctx context.Context, steps []*templates.PostStep, made *artifact.Artifact) (holding, error) {
	var h holding
	current := made
	for _, s := range steps {
		name := memory.StepName("post-processor", s.Type, s.Name)
		done := b.out.Step(name)
		next, keep, err := b.step(ctx, s, current)
		done()
		if err != nil {
			h.kept = append(h.kept, made, current)
			return h, b.fail(ctx, s.Range, name, err)
		}
		switch {
		case next == current: // it only looked
			continue
		case keep:
			h.kept = append(h.kept, current)
		default:
			h.drop(current)
		}
		if next == nil {
			return h, nil
		}
		current = next
	}
	h.kept = append(h.kept, current)
	return h, nil
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

// holding is what chains keep, and what they no longer need. An artifact that
// one chain keeps may be in both.
type holding struct{ kept, dropped []*artifact.Artifact }

// drop gives up an artifact, and with it those whose files are all among its
// own: a step that adds files, such as sums, keeps its input, but for as long
// as its output is kept.
func (h *holding) drop(a *artifact.Artifact) {
	h.dropped = append(h.dropped, a)
	h.kept = slices.DeleteFunc(h.kept, func(k *artifact.Artifact) bool {
		if a.Holds(k) {
			h.dropped = append(h.dropped, k)
			return true
		}
		return false
	})
}

// destroy removes what was dropped and is not kept, but for the files that
// those kept have in common with it.
func (h *holding) destroy() error {
	var files []string
	for _, a := range h.kept {
		files = append(files, a.Files...)
	}
	var errs []error
	for _, a := range unique(h.dropped) {
		if a.Destroy != nil && !slices.Contains(h.kept, a) {
			errs = append(errs, a.Destroy(files))
		}
	}
	return errors.Join(errs...)
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
