package prompt

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/tty/ttytest"
)

// TestChoicesAtATerminal types before, between and after questions.
func TestChoicesAtATerminal(t *testing.T) {
	for name, c := range map[string]struct{ before, answer, between, again, want string }{
		"nothing stray":            {"", "b\n", "", "b\n", "b b"},
		"Enter during a step":      {"\n", "b\n", "\n", "b\n", "b b"},
		"many lines":               {"a\n\na\n", "b\n", "a\n\n\n", "b\n", "b b"},
		"more than an answer":      {"", "b\na\na\n", "a\n", "b\n", "b b"},
		"letters without an Enter": {"a", "b\n", "a", "b\n", "b b"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			keyboard, terminal := ttytest.Console(t)
			answer := c.answer
			press := func(keys string) { // and wait until they are echoed, so that the terminal has them
				_, err := keyboard.WriteString(keys)
				_, echoErr := io.ReadFull(keyboard, make([]byte, len(strings.ReplaceAll(keys, "\n", "\r\n"))))
				if err != nil || echoErr != nil {
					t.Error(err, echoErr)
				}
			}
			choices := NewChoices(terminal, func(string) { press(answer) })
			press(c.before)
			got := choices.Ask(ctx, "which?", "a", "b")
			press(c.between)
			answer = c.again
			got += " " + choices.Ask(ctx, "which?", "a", "b")
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestChoicesAtATerminalEnd(t *testing.T) {
	why := errors.New("interrupted")
	for name, end := range map[string]func(keyboard *os.File, cancel context.CancelCauseFunc) error{
		"Ctrl-D": func(keyboard *os.File, _ context.CancelCauseFunc) error {
			_, err := keyboard.WriteString("\x04")
			return err
		},
		"hung up":      func(keyboard *os.File, _ context.CancelCauseFunc) error { return keyboard.Close() },
		"an interrupt": func(_ *os.File, cancel context.CancelCauseFunc) error { cancel(why); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			keyboard, terminal := ttytest.Console(t)
			choices := NewChoices(terminal, func(string) {
				if err := end(keyboard, cancel); err != nil {
					t.Error(err)
				}
			})
			if err := choices.Pause(ctx, "qemu.a"); !errors.Is(err, context.Cause(ctx)) {
				t.Errorf("got %v", err)
			}
		})
	}
}
