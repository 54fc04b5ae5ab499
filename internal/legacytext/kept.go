package legacytext

import (
	"regexp"
	"strings"
)

const literal = "(`[^`]*`|\"[^\"]*\")"

// Calls whose value does not depend on where the Go template is rendered.
var (
	lookup = regexp.MustCompile(`\(\s*(user|env)\s+` + literal + `\s*\)|\b(user|env)\s+` + literal)
	times  = regexp.MustCompile(`(?:^|[\s(|])((timestamp|isotime|strftime)(?:\s+` + literal + `)?)\s*(?:$|-$|[|)])`)
)

// kept is an action that stays a Go template: texts, and between them, as texts
// of the Go template, what its calls give.
func (c *converter) kept(action string) []string {
	var parts []string
	before, rest := "", action
	for rest != "" {
		start, end, expr := c.nextCall(rest)
		if start < 0 {
			break
		}
		parts = append(parts, before+rest[:start]+"`", expr)
		before, rest = "`", rest[end:]
	}
	return append(parts, before+rest)
}

// nextCall finds the first call in s that HCL can make; start is -1 if there is
// none.
func (c *converter) nextCall(s string) (start, end int, expr string) {
	start = -1
	for _, at := range lookup.FindAllStringSubmatchIndex(s, -1) {
		if at[2] < 0 {
			at = append(at[:2], at[6:]...)
		}
		var ok bool
		if expr, ok = c.Named(s[at[2]:at[3]], s[at[4]+1:at[5]-1]); ok {
			start, end = at[0], at[1]
			break
		}
	}
	at := times.FindStringSubmatchIndex(s)
	if at == nil || start >= 0 && at[2] >= start {
		return start, end, expr
	}
	var args []string
	if at[6] >= 0 {
		args = []string{Quote(strings.Trim(s[at[6]:at[7]], "`\""))}
	}
	if call, ok := c.call(s[at[4]:at[5]], args); ok {
		return at[2], at[3], call
	}
	return start, end, expr
}
