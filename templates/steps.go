package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// meta is what both kinds of steps take besides the options of the component.
type meta struct {
	Name   string   `hcl:"name,optional"`
	Only   []string `hcl:"only,optional"`
	Except []string `hcl:"except,optional"`

	provisioner *provisionerMeta
	post        *postMeta
}

type provisionerMeta struct {
	PauseBefore     time.Duration                   `hcl:"pause_before,optional"`
	Timeout         time.Duration                   `hcl:"timeout,optional"`
	MaxRetries      int                             `hcl:"max_retries,optional"`
	ContinueOnError bool                            `hcl:"continue_on_error,optional"`
	Override        map[string]map[string]cty.Value `hcl:"override,optional"`
}

type postMeta struct {
	KeepInput *bool `hcl:"keep_input_artifact,optional"`
}

// readStep splits a block into its meta-arguments and the component's options.
func (t *template) readStep(b *hcl.Block, more any, e *turn) *stepBlock {
	s := &stepBlock{kind: b.Labels[0], turn: e, at: b.DefRange, kindAt: b.LabelRanges[0]}
	src := decode.Source{Block: b.DefRange, Eval: t.evaluator(e), Files: t.files}
	rest, set, diags := decode.Part(src, b.Body, &s.meta)
	t.diags = append(t.diags, diags...)
	body, own, diags := decode.Part(src, rest, more)
	t.diags = append(t.diags, diags...)
	maps.Copy(set, own)
	s.body, s.set = body, set
	switch more := more.(type) {
	case *provisionerMeta:
		s.meta.provisioner = more
		if more.MaxRetries < 0 {
			t.fail(set["max_retries"].Ptr(), "Invalid max_retries", "It cannot be negative.")
		}
	case *postMeta:
		s.meta.post = more
	}
	if len(s.meta.Only) > 0 && len(s.meta.Except) > 0 {
		t.fail(set["except"].Ptr(), "Only one of only and except", "The step has both; keep one.")
	}
	return s
}

// skips tells whether only or except leaves the step out of a build of a source.
func (s *stepBlock) skips(u *use) bool {
	has := func(list []string) bool {
		return slices.ContainsFunc(list, func(item string) bool {
			return slices.Contains(u.names(), strings.TrimPrefix(item, "source."))
		})
	}
	return len(s.meta.Only) > 0 && !has(s.meta.Only) || has(s.meta.Except)
}

// source is where the options of the step come from, for one build.
func (t *template) stepSource(s *stepBlock, b *Build, build map[string]cty.Value, vars map[string]string) decode.Source {
	src := decode.Source{
		Bodies: []hcl.Body{s.body}, Block: s.at, Files: t.files, Names: decode.Names(&s.meta),
		Eval: t.scope.Evaluator(t.context(s.turn, map[string]cty.Value{"source": sourceValue(b), "build": cty.ObjectVal(build)})),
		Text: t.textFuncs(b),
	}
	src.Text.Vars = vars
	if p := s.meta.provisioner; p != nil {
		src.Names = append(src.Names, decode.Names(p)...)
		src.Override = s.set["override"]
		for _, name := range []string{b.Name, b.Type + "." + b.Name, b.short, b.Type + "." + b.short} {
			if src.Overrides == nil {
				src.Overrides = p.Override[name]
			}
		}
	} else {
		src.Names = append(src.Names, decode.Names(s.meta.post)...)
	}
	return src
}

func sourceValue(b *Build) cty.Value {
	return cty.ObjectVal(map[string]cty.Value{"type": cty.StringVal(b.Type), "name": cty.StringVal(b.Name)})
}

func (t *template) textFuncs(b *Build) gotmpl.Funcs {
	return gotmpl.Funcs{BuildName: b.Name, BuildType: b.Type, TemplateDir: t.root, Start: t.start}
}

// step makes the provisioner of one build, after decoding it once as a check.
func (t *template) step(s *stepBlock, b *Build) *Step {
	create := t.components.Provisioners[s.kind]
	if create == nil {
		t.unknownComponent("provisioner", s.kind, s.kindAt, slices.Sorted(maps.Keys(t.components.Provisioners)))
		return nil
	}
	runID := t.options.Env.RunID
	p := create(provisioners.Env{BuildName: b.Name, BuilderType: b.Type, RunID: runID})
	_, diags := decode.Component(t.stepSource(s, b, buildUnknown(b.Name, runID), nil), p)
	t.diags = append(t.diags, diags...)
	if g, ok := b.Builder.(builders.Guestless); ok && g.Guestless() {
		if _, ok := p.(provisioners.Local); !ok {
			t.fail(s.at.Ptr(), "There is nothing to provision", fmt.Sprintf(
				"%s has no guest that takes commands, so a %s provisioner cannot run. Start another source from it with from = \"source.%s.%s\", or set its communicator.",
				b.ID, s.kind, b.Type, b.Name))
		}
	}
	m := s.meta.provisioner
	return &Step{
		Type: s.kind, Name: s.meta.Name, Range: s.at,
		PauseBefore: m.PauseBefore, Timeout: m.Timeout, MaxRetries: m.MaxRetries, ContinueOnError: m.ContinueOnError,
		Decode: func(info builders.Info, env provisioners.Env) (provisioners.Provisioner, hcl.Diagnostics) {
			p := create(env)
			build := buildKnown(info, b.Name, env.RunID, env.Vars)
			_, diags := decode.Component(t.stepSource(s, b, build, texts(build)), p)
			return p, hclfile.Tidy(diags, t.scope.Secrets())
		},
	}
}

func (t *template) postStep(s *stepBlock, b *Build) *PostStep {
	create := t.components.PostProcessors[s.kind]
	if create == nil {
		t.unknownComponent("post-processor", s.kind, s.kindAt, slices.Sorted(maps.Keys(t.components.PostProcessors)))
		return nil
	}
	runID := t.options.Env.RunID
	_, diags := decode.Component(t.stepSource(s, b, buildUnknown(b.Name, runID), nil),
		create(postprocessors.Env{BuildName: b.Name, BuilderType: b.Type, RunID: runID, Force: t.options.Env.Force}))
	t.diags = append(t.diags, diags...)
	return &PostStep{
		Type: s.kind, Name: s.meta.Name, Range: s.at, KeepInput: s.meta.post.KeepInput,
		Decode: func(info builders.Info, env postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics) {
			p := create(env)
			build := buildKnown(info, b.Name, env.RunID, env.Vars)
			_, diags := decode.Component(t.stepSource(s, b, build, texts(build)), p)
			return p, hclfile.Tidy(diags, t.scope.Secrets())
		},
	}
}

// texts is build.* for {{ build `X` }}.
func texts(build map[string]cty.Value) map[string]string {
	out := map[string]string{}
	for key, v := range build {
		if v.Type() == cty.Number {
			out[key] = v.AsBigFloat().Text('f', -1)
			continue
		}
		out[key] = v.AsString()
	}
	return out
}

// chains are the post-processors of one build; -except cuts a chain off at the
// post-processor it names.
func (t *template) chains(c *candidate, b *Build, cut func(name string) bool) [][]*PostStep {
	var chains [][]*PostStep
	for _, from := range c.block.chains {
		var chain []*PostStep
		for _, s := range from {
			name := s.meta.Name
			if name == "" {
				name = s.kind
			}
			if cut(name) {
				break
			}
			if s.skips(c.use) {
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

// identity names a build: "web.qemu.debian" in a build block named web. Keys of
// for_each follow the name they belong to: "web.EU.qemu.debian.12".
func identity(block *buildBlock, u *use) string {
	id := fmt.Sprintf("%s.%s", u.source.kind, u.name)
	if block == nil {
		return id
	}
	if prefix := block.turn.join(block.name); prefix != "" {
		id = prefix + "." + id
	}
	return id
}
