package legacytext

import (
	"regexp"
	"slices"
	"strings"
)

const literal = "(`[^`]*`|\"[^\"]*\")"

// Calls whose value does not depend on where the Go template is rendered.
var (
	lookup = regexp.MustCompile(`\(\s*(user|env)\s+` + literal + `\s*\)|\b(user|env)\s+` + literal)
	times  = regexp.MustCompile(`(?:^|[\s(|])((timestamp|isotime|strftime)(?:\s+` + literal + `)?)\s*(?:$|-$|[|)])`)
)

// found is a call in an action, and the HCL for it.
type found struct {
	start, end int
	expr       string
}

// kept is an action that stays a Go template: texts, and between them, as texts
// of the Go template, what its calls give.
func (c *converter) kept(action string) []string {
	calls := append(c.lookups(action), c.clocks(action)...)
	slices.SortFunc(calls, func(a, b found) int { return a.start - b.start })
	var parts []string
	before, last := "", 0
	for _, call := range calls {
		if call.start < last {
			continue // in the text of another
		}
		parts = append(parts, before+action[last:call.start]+"`", call.expr)
		before, last = "`", call.end
	}
	return append(parts, before+action[last:])
}

func (c *converter) lookups(action string) []found {
	var all []found
	for _, at := range lookup.FindAllStringSubmatchIndex(action, -1) {
		if at[2] < 0 {
			at = append(at[:2], at[6:]...)
		}
		if expr, ok := c.Named(action[at[2]:at[3]], action[at[4]+1:at[5]-1]); ok {
			all = append(all, found{at[0], at[1], expr})
		}
	}
	return all
}

func (c *converter) clocks(action string) []found {
	var all []found
	for start := 0; start < len(action); {
		at := times.FindStringSubmatchIndex(action[start:])
		if at == nil {
			break
		}
		var args []string
		if at[6] >= 0 {
			args = []string{Quote(strings.Trim(action[start+at[6]:start+at[7]], "`\""))}
		}
		if call, ok := c.call(action[start+at[4]:start+at[5]], args); ok {
			all = append(all, found{start + at[2], start + at[3], call})
		}
		start += at[3] // what follows may stand before the next
	}
	return all
}
