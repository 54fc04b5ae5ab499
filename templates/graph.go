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
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
)

// candidate is a source of a build block: a build, if it is chosen or needed.
type candidate struct {
	id     string
	block  *recipe.Build // nil when no build block uses the source
	use    *recipe.Use
	chosen bool

	state int // of its planning: not begun, begun, done
	build *Build
}

const (
	begun = iota + 1
	done
)

// planner puts builds in order, bases first.
type planner struct {
	*template
	all     []*candidate
	implied map[string]*candidate // by source: bases that no build block uses
	cut     func(string) bool
	ordered []*Build
}

func (t *template) plan() []*Build {
	p := &planner{template: t, implied: map[string]*candidate{}}
	ids := map[string]hcl.Range{}
	for _, b := range t.Builds {
		for _, u := range b.Uses {
			c := &candidate{id: recipe.Identity(b, u), block: b, use: u}
			if first, twice := ids[c.id]; twice {
				d := hclfile.Duplicate(u.At, first, "Two builds have one name", fmt.Sprintf(
					"%s is built at %s, too. Name one of the build blocks, or give the source another name here, to tell them apart.", c.id, first))
				d.Severity = hcl.DiagWarning
				t.Diags = append(t.Diags, d)
			}
			ids[c.id] = u.At
			p.all = append(p.all, c)
		}
	}
	p.cut = t.choose(p.all)
	t.needSources(p.all)
	for _, c := range p.all {
		if c.chosen {
			p.prepare(c, nil)
		}
	}
	if len(p.ordered) == 0 && !t.Diags.HasErrors() && !t.Unplanned {
		p.nothing()
	}
	return p.ordered
}

// nothing says why there is nothing to build.
func (p *planner) nothing() {
	detail := "The template has no build block."
	switch {
	case len(p.all) > 0:
		detail = "-only and -except leave none of its builds."
	case len(p.Builds) > 0:
		detail = "Its sources have a for_each that has no elements."
	}
	if p.options.MustBuild {
		p.Fail(nil, "No builds to run", detail)
	} else {
		p.Warn(nil, "No builds to run", detail)
	}
}

// prepare decodes a build after the one it starts from. The way is how it was
// reached, for naming a circle.
func (p *planner) prepare(c *candidate, way []*candidate) *Build {
	if c.state == done {
		return c.build
	}
	c.state = begun
	u := c.use
	b := &Build{ID: c.id, Type: u.Source.Kind, Name: u.Name, short: u.Short, Range: u.Source.At, Implicit: !c.chosen}
	c.build = b
	set := p.builder(c, b)
	if d, ok := b.Builder.(builders.Derived); ok && strings.HasPrefix(d.From(), "source.") {
		at, ok := set["from"]
		if !ok {
			at = b.Range
		}
		b.Base = p.base(d.From(), at, append(way, c))
	}
	if c.block != nil {
		b.Cache = c.block.Cache
		for _, s := range c.block.Provisioners {
			if s.Skips(u) {
				continue
			}
			if step := p.step(s, b); step != nil {
				b.Provisioners = append(b.Provisioners, step)
			}
		}
		if s := c.block.Cleanup; s != nil && !s.Skips(u) {
			b.Cleanup = p.step(s, b)
		}
		b.PostProcessors = p.chains(c, b, p.cut)
	}
	c.state = done
	p.ordered = append(p.ordered, b)
	return b
}

// builder decodes the builder of b and tells where its options were set.
func (p *planner) builder(c *candidate, b *Build) decode.Ranges {
	create := p.components.Builders[b.Type]
	if create == nil {
		p.unknownComponent("builder", b.Type, c.use.Source.KindAt, slices.Sorted(maps.Keys(p.components.Builders)))
		return nil
	}
	p.needSource(c.use.Source)
	env := p.options.Env
	env.Build, env.Type, env.Name, env.Root = b.ID, b.Type, b.Name, p.Root
	b.Builder = create(env)
	bodies := []hcl.Body{c.use.Source.Body}
	source := map[string]cty.Value{"source": sourceValue(b)}
	evals := []decode.Eval{p.Scope.Evaluator(p.Context(c.use.Source.Turn, source))}
	if c.use.Extra != nil {
		bodies = append(bodies, c.use.Extra)
		evals = append(evals, p.Scope.Evaluator(p.Context(c.block.Turn, source)))
	}
	set, diags := decode.Component(decode.Source{
		Bodies: bodies, Block: b.Range, Files: p.Files, Text: p.textFuncs(b),
		Eval: evals[0], Evals: evals,
	}, b.Builder)
	p.Diags = append(p.Diags, diags...)
	return set
}

// base is the build of the source that from names: that of a build block, or
// else one of the source alone.
func (p *planner) base(from string, at hcl.Range, way []*candidate) *Build {
	s := p.FindSource(from, at)
	if s == nil {
		return nil
	}
	c := p.implied[s.Key()]
	for _, other := range p.all {
		if c == nil && other.use.Source == s {
			c = other
		}
	}
	if c == nil {
		u := &recipe.Use{Source: s, Name: s.Name, Short: s.Short, At: s.At}
		c = &candidate{id: recipe.Identity(nil, u), use: u}
		p.implied[s.Key()] = c
	}
	if c.state != begun {
		return p.prepare(c, way)
	}
	var names []string
	for i := len(way) - 1; i >= 0; i-- {
		names = append([]string{"source." + way[i].use.Source.Key()}, names...)
		if way[i] == c {
			break
		}
	}
	p.Fail(&at, "Sources start from each other in a circle", strings.Join(append(names, "source."+s.Key()), " -> ")+".")
	return nil
}
