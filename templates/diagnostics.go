package templates

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// WriteDiagnostics writes diagnostics for people, with excerpts of files, in
// lines of at most width columns (0: no limit).
func WriteDiagnostics(w io.Writer, files map[string]*hcl.File, diags hcl.Diagnostics, width int, color bool) error {
	if err := hcl.NewDiagnosticTextWriter(w, files, uint(max(width, 0)), color).WriteDiagnostics(diags); err != nil {
		return fmt.Errorf("writing diagnostics: %w", err)
	}
	return nil
}

func diagnostic(at hcl.Range, summary, detail string) *hcl.Diagnostic {
	return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &at}
}

func (t *template) fail(at *hcl.Range, summary, detail string) {
	t.diags = append(t.diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: at})
}

func (t *template) warn(at *hcl.Range, summary, detail string) {
	t.diags = append(t.diags, &hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: summary, Detail: detail, Subject: at})
}

// tidy puts diagnostics in the order of the files, drops repetitions, and hides
// secrets: in texts, and by leaving out the values that excerpts would list.
func tidy(diags hcl.Diagnostics, secrets []string) hcl.Diagnostics {
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
			return compareRanges(*a.Subject, *b.Subject)
		case a.Subject != nil:
			return 1
		case b.Subject != nil:
			return -1
		}
		return 0
	})
	return out
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

// typeError says where in a value its type is wrong.
func typeError(err error) string {
	var path cty.PathError
	if !errors.As(err, &path) || len(path.Path) == 0 {
		return err.Error()
	}
	var where strings.Builder
	for _, step := range path.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			where.WriteString("." + step.Name)
		case cty.IndexStep:
			if step.Key.Type() == cty.Number {
				where.WriteString("[" + step.Key.AsBigFloat().Text('f', -1) + "]")
			} else if step.Key.Type() == cty.String {
				fmt.Fprintf(&where, "[%q]", step.Key.AsString())
			}
		}
	}
	return strings.TrimPrefix(where.String(), ".") + ": " + err.Error()
}
