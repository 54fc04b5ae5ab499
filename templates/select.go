package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gobwas/glob"
)

// pattern is one -only or -except.
type pattern struct {
	flag, text string
	match      func(string) bool
	used       bool
}

func (t *template) patterns(flag string, texts []string) []*pattern {
	var all []*pattern
	for _, text := range texts {
		g, err := glob.Compile(text)
		if err != nil {
			t.Fail(nil, fmt.Sprintf("Invalid -%s", flag), fmt.Sprintf("%q is not a pattern: %s.", text, err))
			continue
		}
		all = append(all, &pattern{flag: flag, text: text, match: g.Match})
	}
	return all
}

// pick lists the candidates a pattern means: those whose whole recipe.Identity it
// matches; if there are none, those whose type.name it matches; then whose name.
// The keys of for_each can be left out of each, which means all of them.
func (p *pattern) pick(all []*candidate) []*candidate {
	for _, name := range []func(*candidate) string{
		func(c *candidate) string { return c.id },
		(*candidate).plain,
		func(c *candidate) string { return c.use.Source.Kind + "." + c.use.Name },
		func(c *candidate) string { return c.use.Source.Kind + "." + c.use.Short },
		func(c *candidate) string { return c.use.Name },
		func(c *candidate) string { return c.use.Short },
	} {
		var found []*candidate
		for _, c := range all {
			if p.match(name(c)) {
				found = append(found, c)
			}
		}
		if len(found) > 0 {
			p.used = true
			return found
		}
	}
	return nil
}

// plain is the recipe.Identity without the keys of for_each.
func (c *candidate) plain() string {
	name := c.use.Source.Kind + "." + c.use.Short
	if c.block.Name != "" {
		name = c.block.Name + "." + name
	}
	return name
}

// choose marks the candidates that -only and -except leave, and returns the
// test for the post-processors that -except drops.
func (t *template) choose(all []*candidate) (cut func(string) bool) {
	only, except := t.patterns("only", t.options.Only), t.patterns("except", t.options.Except)
	for _, c := range all {
		c.chosen = len(t.options.Only) == 0
	}
	for _, p := range only {
		for _, c := range p.pick(all) {
			c.chosen = true
		}
	}
	for _, p := range except {
		for _, c := range p.pick(all) {
			c.chosen = false
		}
	}
	cut = func(name string) bool {
		return slices.ContainsFunc(except, func(p *pattern) bool { return p.match(name) })
	}
	t.warnUnused(all, only, except)
	return cut
}

func (t *template) warnUnused(all []*candidate, only, except []*pattern) {
	var builds, posts []string
	for _, c := range all {
		builds = append(builds, c.id)
	}
	for _, b := range t.Builds {
		for _, chain := range b.Chains {
			for _, s := range chain {
				name := s.Meta.Name
				if name == "" {
					name = s.Kind
				}
				posts = append(posts, name)
			}
		}
	}
	for _, p := range append(only, except...) {
		names := builds
		if p.flag == "except" {
			names = append(slices.Clone(builds), unique(posts)...)
			p.used = p.used || slices.ContainsFunc(posts, p.match)
		}
		if !p.used {
			t.Warn(nil, fmt.Sprintf("-%s %q matches nothing", p.flag, p.text),
				fmt.Sprintf("There are: %s.", strings.Join(names, ", ")))
		}
	}
}
