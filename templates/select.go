package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/pattern"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
)

// pick lists the candidates a pattern means: those whose whole identity it
// matches; if there are none, those whose type.name it matches; then whose name.
// The keys of for_each can be left out of each, which means all of them.
func pick(p *pattern.Pattern, all []*candidate) []*candidate {
	return pattern.Pick(p, all,
		func(c *candidate) string { return c.id },
		(*candidate).plain,
		func(c *candidate) string {
			return recipe.Identity(c.block, &recipe.Use{Source: c.use.Source, Name: c.use.Short})
		},
		func(c *candidate) string { return recipe.Identity(&recipe.Build{Name: c.block.Name}, c.use) },
		func(c *candidate) string { return c.use.Source.Kind + "." + c.use.Name },
		func(c *candidate) string { return c.use.Source.Kind + "." + c.use.Short },
		func(c *candidate) string { return c.use.Name },
		func(c *candidate) string { return c.use.Short },
	)
}

// plain is the identity without the keys of for_each.
func (c *candidate) plain() string {
	return recipe.Identity(&recipe.Build{Name: c.block.Name}, &recipe.Use{Source: c.use.Source, Name: c.use.Short})
}

// choose marks the candidates that -only and -except leave, and returns the
// test for the post-processors that -except drops.
func (t *template) choose(all []*candidate) (cut func(string) bool) {
	only, diags := pattern.Compile("only", t.options.Only)
	except, more := pattern.Compile("except", t.options.Except)
	t.Diags = append(append(t.Diags, diags...), more...)
	for _, c := range all {
		c.chosen = len(t.options.Only) == 0
	}
	for _, p := range only {
		for _, c := range pick(p, all) {
			c.chosen = true
		}
	}
	for _, p := range except {
		for _, c := range pick(p, all) {
			c.chosen = false
		}
	}
	cut = func(name string) bool {
		return slices.ContainsFunc(except, func(p *pattern.Pattern) bool { return p.Match(name) })
	}
	t.warnUnused(all, only, except)
	return cut
}

func (t *template) warnUnused(all []*candidate, only, except []*pattern.Pattern) {
	var builds, posts []string
	for _, c := range all {
		builds = append(builds, c.id)
	}
	for _, b := range t.Builds {
		for _, chain := range b.Chains {
			for _, s := range chain {
				posts = append(posts, s.Label())
			}
		}
	}
	for _, p := range append(only, except...) {
		names := builds
		if p.Flag == "except" {
			names = append(slices.Clone(builds), slices.Compact(slices.Sorted(slices.Values(posts)))...)
			p.Used = p.Used || slices.ContainsFunc(posts, p.Match)
		}
		if !p.Used {
			t.Warn(nil, fmt.Sprintf("-%s %q matches nothing", p.Flag, p.Text),
				fmt.Sprintf("There are: %s.", strings.Join(names, ", ")))
		}
	}
}
