package why

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Show tells what the builds would do, a line for each step. With a word that
// means a step, as memory.Match takes it, it tells all that it knows of that.
func Show(ctx context.Context, builds []*templates.Build, o memory.Options, word string, root *ui.Root) error {
	words := o.Refresh
	if word != "" {
		words = append(slices.Clone(words), word)
	}
	if err := memory.Check(builds, words...); err != nil {
		return err
	}
	for _, b := range builds {
		out := root.Aside(b.ID)
		lines, err := Build(ctx, b, o, out)
		if err != nil {
			return fmt.Errorf("%s: %w", b.ID, err)
		}
		chosen := memory.Match(b, word)
		if word != "" && chosen == nil {
			continue
		}
		out.Result("", "", b.ID+":")
		width := 0
		for _, l := range lines {
			width = max(width, len([]rune(l.Title)))
		}
		for _, l := range lines {
			if word == "" {
				out.Result(l.Title, l.State, l.brief(width))
			} else if slices.Contains(chosen, l.Number) {
				out.Result(l.Title, l.State, l.full(width))
			}
		}
	}
	return nil
}

// head is the line without the reasons.
func (l Line) head(width int) string {
	number := ""
	if l.Number > 0 {
		number = fmt.Sprint(l.Number)
	}
	return fmt.Sprintf("  %2s  %-*s  %s", number, width, l.Title, l.State)
}

// brief is the line with its main reason.
func (l Line) brief(width int) string {
	text := l.head(width) + l.mark() + l.Reasons[0]
	switch more := len(l.Reasons) - 1; {
	case l.Number < 0 && more > 0:
		return text + "; " + strings.Join(l.Reasons[1:], "; ")
	case more == 1:
		return text + "; and one more change"
	case more > 1:
		return fmt.Sprintf("%s; and %d more changes", text, more)
	}
	return text
}

// full is the line with all reasons, and what the step depends on.
func (l Line) full(width int) string {
	text := l.head(width) + l.mark() + strings.Join(l.Reasons, "\n        ")
	if len(l.Inputs) > 0 {
		text += "\n      it depends on all before it, and on:\n        " + strings.Join(l.Inputs, "\n        ")
	}
	return text
}

func (l Line) mark() string {
	if l.State == Remembered {
		return ", "
	}
	return ": "
}
