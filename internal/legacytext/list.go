package legacytext

import "strings"

// Items are the strings between the commas of s, for an option that wants a list.
// If s is not known before functions of HCL have run, list is the expression that
// takes it apart, and there are no items.
func Items(s string, names Names) (items []string, list string) {
	c := &converter{names}
	parts := c.split(s)
	for _, p := range parts {
		if p.hcl {
			return nil, `compact(split(",", ` + join(parts) + "))"
		}
	}
	if s == "" {
		return nil, ""
	}
	start, open := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case !open && strings.HasPrefix(s[i:], "{{"):
			end := endOfAction(s[i+2:])
			if open = end < 0; !open {
				i += 2 + end + 1
			}
		case s[i] == ',':
			items, start = append(items, s[start:i]), i+1
		}
	}
	return append(items, s[start:]), ""
}
