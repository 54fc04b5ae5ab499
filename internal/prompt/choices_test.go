package prompt

import (
	"context"
	"strings"
	"testing"
)

func TestChoices(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, input string
		ctx         context.Context
		want, says  string
	}{
		{"answers", "b\n A \n", t.Context(), "b a", "which?\nwhich?\n"},
		{"others are asked again", "x\nb\n", t.Context(), "b a", "which?\nAnswer a, b, not \"x\".\nwhich?\nwhich?\n"},
		{"an empty line", "\nb\n", t.Context(), "a b", "which?\nwhich?\n"},
		{"no input", "", t.Context(), "a a", "which?\nwhich?\n"},
		{"an interrupt", "", cancelled, "a a", "which?\nwhich?\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var said strings.Builder
			choices := NewChoices(strings.NewReader(c.input), func(text string) { said.WriteString(text) })
			got := choices.Ask(c.ctx, "which?", "a", "b") + " " + choices.Ask(c.ctx, "which?", "a", "b")
			if got != c.want || said.String() != c.says {
				t.Errorf("got %q, want %q; said %q, want %q", got, c.want, said.String(), c.says)
			}
		})
	}
}
