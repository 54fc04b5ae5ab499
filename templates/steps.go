package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
	"github.com/ovenbird-io/ovenbird/templates/buildvars"
)

// unknownComponent complains of a block that a chosen build uses.
func (t *template) unknownComponent(what, kind string, at hcl.Range, names []string) {
	builds, hint := 0, ""
	for _, b := range t.Builds {
		builds += len(b.Uses)
	}
	if builds > 1 {
		hint = " Builds that do without it can be chosen with -only."
	}
	t.Fail(&at, fmt.Sprintf("Unknown %s %q", what, kind), fmt.Sprintf("There is no %s %q.%s There are: %s.%s",
		what, kind, decode.Suggest(kind, names), strings.Join(names, ", "), hint))
}

// stepSource is where the options of the step come from, for one build.
func (t *template) stepSource(s *recipe.Step, b *Build, build map[string]cty.Value, vars map[string]string) decode.Source {
	src := decode.Source{
		Bodies: []hcl.Body{s.Body}, Block: s.At, Files: t.Files, Names: decode.Names(&s.Meta),
		Eval: t.Scope.Evaluator(t.Context(s.Turn, map[string]cty.Value{"source": sourceValue(b), "build": cty.ObjectVal(build)})),
		Text: t.textFuncs(b),
	}
	src.Text.Vars = vars
	if p := s.Meta.Provisioner; p != nil {
		src.Names = append(src.Names, decode.Names(p)...)
		src.Override = s.Set["override"]
		for _, name := range []string{b.Name, b.Type + "." + b.Name, b.short, b.Type + "." + b.short} {
			if src.Overrides == nil {
				src.Overrides = p.Override[name]
			}
		}
	} else {
		src.Names = append(src.Names, decode.Names(s.Meta.Post)...)
	}
	return src
}

func sourceValue(b *Build) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"type": cty.StringVal(b.Type), "name": cty.StringVal(b.Name)})
}

func (t *template) textFuncs(b *Build) gotmpl.Funcs {
	return gotmpl.Funcs{BuildName: b.Name, BuildType: b.Type, TemplateDir: t.Root, Start: t.Start}
}

// step makes the provisioner of one build, after decoding it once as a check.
func (t *template) step(s *recipe.Step, b *Build) *Step {
	create := t.components.Provisioners[s.Kind]
	if create == nil {
		t.unknownComponent("provisioner", s.Kind, s.KindAt, slices.Sorted(maps.Keys(t.components.Provisioners)))
		return nil
	}
	runID := t.options.Env.RunID
	p := create(provisioners.Env{BuildName: b.Name, BuilderType: b.Type, RunID: runID})
	_, diags := decode.Component(t.stepSource(s, b, buildvars.Unknown(b.Name, runID), nil), p)
	t.Diags = append(t.Diags, diags...)
	if g, ok := b.Builder.(builders.Guestless); ok && g.Guestless() {
		if _, ok := p.(provisioners.Local); !ok {
			t.Fail(s.At.Ptr(), "There is nothing to provision", fmt.Sprintf(
				"%s has no guest that takes commands, so a %s provisioner cannot run. If it makes a disk image, start another source from it with from = \"source.%s.%s\"; else set its communicator, or use shell-local.",
				b.ID, s.Kind, b.Type, b.Name))
		}
	}
	m := s.Meta.Provisioner
	t.checkInputs(s)
	return &Step{
		Type: s.Kind, Name: s.Meta.Name, Range: s.At,
		PauseBefore: m.PauseBefore, Timeout: m.Timeout, MaxRetries: m.MaxRetries, ContinueOnError: m.ContinueOnError,
		Cache: m.Cache, Facts: t.facts(s, b, create),
		Decode: func(info builders.Info, env provisioners.Env) (provisioners.Provisioner, hcl.Diagnostics) {
			p := create(env)
			build := buildvars.Known(info, b.Name, env.RunID, env.Vars)
			_, diags := decode.Component(t.stepSource(s, b, build, buildvars.Texts(build)), p)
			return p, hclfile.Tidy(diags, t.Scope.Secrets())
		},
	}
}

func (t *template) postStep(s *recipe.Step, b *Build) *PostStep {
	create := t.components.PostProcessors[s.Kind]
	if create == nil {
		t.unknownComponent("post-processor", s.Kind, s.KindAt, slices.Sorted(maps.Keys(t.components.PostProcessors)))
		return nil
	}
	runID := t.options.Env.RunID
	_, diags := decode.Component(t.stepSource(s, b, buildvars.Unknown(b.Name, runID), nil),
		create(postprocessors.Env{BuildName: b.Name, BuilderType: b.Type, RunID: runID, Force: t.options.Env.Force}))
	t.Diags = append(t.Diags, diags...)
	return &PostStep{
		Type: s.Kind, Name: s.Meta.Name, Range: s.At, KeepInput: s.Meta.Post.KeepInput,
		Facts: t.postFacts(s, b, create),
		Decode: func(info builders.Info, env postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics) {
			env.Build, env.Root, env.CacheDir = b.ID, t.Root, t.options.Env.CacheDir
			p := create(env)
			build := buildvars.Known(info, b.Name, env.RunID, env.Vars)
			_, diags := decode.Component(t.stepSource(s, b, build, buildvars.Texts(build)), p)
			return p, hclfile.Tidy(diags, t.Scope.Secrets())
		},
	}
}

// chains are the post-processors of one build; -except cuts a chain off at the
// post-processor it names.
func (t *template) chains(c *candidate, b *Build, cut func(name string) bool) [][]*PostStep {
	var chains [][]*PostStep
	for _, from := range c.block.Chains {
		var chain []*PostStep
		for _, s := range from {
			if cut(s.Label()) {
				break
			}
			if s.Skips(c.use) {
				continue
			}
			if p := t.postStep(s, b); p != nil {
				chain = append(chain, p)
			}
		}
		if len(chain) > 0 {
			chains = append(chains, chain)
		}
	}
	return chains
}
