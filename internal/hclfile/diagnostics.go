package hclfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Error makes a diagnostic; at is nil when no place is to blame.
func Error(at *hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: at}
}

// Warning is Error for what stops nothing.
func Warning(at *hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: detail, Subject: at}
}

// maxShown is how many problems are shown: each takes a look through its file,
// and nobody reads more.
const maxShown = 100

// Tidy puts diagnostics in the order of the files, drops repetitions and what
// nobody would read, and hides secrets: in texts, and by leaving out the values
// that excerpts would list.
func Tidy(diags hcl.Diagnostics, secrets []string) hcl.Diagnostics {
	type key struct{ summary, detail, at string }
	seen := map[key]bool{}
	var out hcl.Diagnostics
	for _, d := range diags {
		if len(secrets) > 0 {
			d.Summary, d.Detail = hide(d.Summary, secrets), hide(d.Detail, secrets)
			d.Expression, d.EvalContext = nil, nil
		}
		k := key{summary: d.Summary, detail: d.Detail}
		if d.Subject != nil {
			k.at = d.Subject.String()
		}
		if !seen[k] {
			seen[k] = true
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b *hcl.Diagnostic) int {
		switch {
		case a.Subject != nil && b.Subject != nil:
			return Compare(*a.Subject, *b.Subject)
		case a.Subject != nil:
			return 1
		case b.Subject != nil:
			return -1
		}
		return 0
	})
	return first(out, maxShown)
}

// first are the first n diagnostics, errors before warnings when there are more.
func first(all hcl.Diagnostics, n int) hcl.Diagnostics {
	if len(all) <= n+1 { // one tells of the rest
		return all
	}
	slices.SortStableFunc(all, func(a, b *hcl.Diagnostic) int { return int(a.Severity) - int(b.Severity) })
	rest := fmt.Sprintf("There are %d more.", len(all)-n)
	last := Warning(nil, "Not all problems are shown", rest)
	return append(all[:n:n], last)
}

// hide replaces secrets, the longest first. One of a letter or two would garble
// more than it hides.
func hide(text string, secrets []string) string {
	longest := slices.SortedFunc(slices.Values(secrets), func(a, b string) int { return len(b) - len(a) })
	for _, s := range longest {
		if len(s) > 2 {
			text = strings.ReplaceAll(text, s, "<sensitive>")
		}
	}
	return text
}

// Compare puts places in the order of the files, then of the lines.
func Compare(a, b hcl.Range) int {
	if n := strings.Compare(a.Filename, b.Filename); n != 0 {
		return n
	}
	return a.Start.Byte - b.Start.Byte
}

// InOrder lists attributes as they stand in the file.
func InOrder(attrs hcl.Attributes) []*hcl.Attribute {
	return slices.SortedFunc(maps.Values(attrs), func(a, b *hcl.Attribute) int {
		return Compare(a.Range, b.Range)
	})
}

// Literal is the text of a constant string.
func Literal(expr hcl.Expression) (string, *hcl.Diagnostic) {
	v, diags := expr.Value(nil)
	if diags.HasErrors() || !v.IsKnown() || v.IsNull() || v.Type() != cty.String {
		return "", Error(expr.Range().Ptr(), "A constant string is needed",
			"Variables, functions and other types of values cannot be used here.")
	}
	return v.AsString(), nil
}
