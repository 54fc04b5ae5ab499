package literal

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// lines is text and, if there are several, each of its lines.
func lines(text string) []string {
	if all := strings.Split(text, "\n"); len(all) > 1 {
		return append([]string{text}, all...)
	}
	return []string{text}
}

// Texts lists the texts in a value, and each line of those that have several.
func Texts(value cty.Value) []string {
	if value == cty.NilVal || !value.IsKnown() || value.IsNull() {
		return nil
	}
	if value.Type() == cty.String {
		var out []string
		whole := value.AsString()
		for _, s := range lines(whole) {
			if s = strings.TrimSuffix(s, "\r"); strings.TrimSpace(s) != "" {
				out = append(out, s)
			}
		}
		return out
	}
	var out []string
	if value.CanIterateElements() {
		for _, v := range value.Elements() {
			out = append(out, Texts(v)...)
		}
	}
	return out
}
