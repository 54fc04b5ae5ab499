// Package pattern is -only and -except: globs over the names of builds.
package pattern

import (
	"fmt"

	"github.com/gobwas/glob"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Pattern is one pattern of a flag. A star matches dots, too.
type Pattern struct {
	Flag, Text string // "only", "web.*"
	Used       bool   // it matched something

	match func(string) bool
}

// Compile reads the patterns of a flag; those that cannot be read are left out.
func Compile(flag string, texts []string) (all []*Pattern, diags hcl.Diagnostics) {
	for _, text := range texts {
		g, err := glob.Compile(text)
		if err != nil {
			diags = append(diags, hclfile.Error(nil, fmt.Sprintf("Invalid -%s", flag),
				fmt.Sprintf("%q is not a pattern: %s.", text, err)))
			continue
		}
		all = append(all, &Pattern{Flag: flag, Text: text, match: g.Match})
	}
	return all, diags
}

// Match tells whether the pattern matches the whole of a name.
func (p *Pattern) Match(name string) bool { return p.match(name) }

// Pick lists what the pattern means: what it matches under the first of the
// names under which it matches anything.
func Pick[T any](p *Pattern, all []T, names ...func(T) string) []T {
	for _, name := range names {
		var found []T
		for _, one := range all {
			if p.Match(name(one)) {
				found = append(found, one)
			}
		}
		if len(found) > 0 {
			p.Used = true
			return found
		}
	}
	return nil
}
