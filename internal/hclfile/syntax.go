package hclfile

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// syntax leaves one diagnostic for each mistake in the form of a file: of those
// about one line the most exact, and none that follows from an earlier one.
func syntax(diags hcl.Diagnostics) hcl.Diagnostics {
	exact := func(d *hcl.Diagnostic) bool {
		return d.Summary == "Invalid character" || d.Summary == "Invalid multi-line string"
	}
	var kept hcl.Diagnostics
	for _, d := range diags {
		if d.Subject == nil {
			kept = append(kept, d)
			continue
		}
		if len(kept) > 0 && strings.HasPrefix(d.Summary, "Root value must be") {
			continue // what is not closed is no value at all
		}
		if slices.ContainsFunc(kept, func(k *hcl.Diagnostic) bool { return k.Summary == d.Summary && follows(k, d) }) {
			continue
		}
		i := slices.IndexFunc(kept, func(k *hcl.Diagnostic) bool {
			return k.Subject != nil && k.Subject.Filename == d.Subject.Filename && k.Subject.Start.Line == d.Subject.Start.Line
		})
		switch {
		case i < 0:
			kept = append(kept, d)
		case exact(d) && !exact(kept[i]):
			kept[i] = d
		}
	}
	return kept
}

// follows tells whether a text that is not closed in one line is what is wrong
// in the next, too.
func follows(first, next *hcl.Diagnostic) bool {
	return first.Summary == "Invalid multi-line string" && first.Subject != nil && next.Subject.Start.Line-first.Subject.End.Line <= 1
}
