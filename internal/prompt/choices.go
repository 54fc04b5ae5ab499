package prompt

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/term"
)

// Choices asks questions that have a few short answers. Those who ask at the
// same time are served one after another. At a terminal, only what is typed
// after a question answers it.
type Choices struct {
	in       io.Reader
	terminal *os.File // in, when it is one
	say      func(text string)
	one      sync.Mutex
	start    func()
	lines    chan string // of an input that is no terminal
}

// NewChoices reads answers from the lines of in and shows questions with say.
func NewChoices(in io.Reader, say func(text string)) *Choices {
	c := &Choices{in: in, say: say, lines: make(chan string)}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.terminal = f
	}
	c.start = sync.OnceFunc(func() { go c.read() })
	return c
}

// read ends with the input, or with the process.
func (c *Choices) read() {
	defer close(c.lines)
	in := bufio.NewScanner(c.in)
	for in.Scan() {
		c.lines <- in.Text()
	}
}

// next is the next line; ok is false at the end of the input or of ctx.
func (c *Choices) next(ctx context.Context) (line string, ok bool) {
	if c.terminal != nil {
		return typed(ctx, c.terminal)
	}
	c.start()
	select {
	case <-ctx.Done():
		return "", false
	case line, ok = <-c.lines:
		return line, ok
	}
}

// Ask shows the question until one of the answers is given. An empty line, the
// end of the input and the end of ctx mean the first answer.
func (c *Choices) Ask(ctx context.Context, question string, answers ...string) string {
	c.one.Lock()
	defer c.one.Unlock()
	if c.terminal != nil {
		forget(c.terminal)
	}
	c.say(question + "\n")
	for {
		line, ok := c.next(ctx)
		answer := strings.ToLower(strings.TrimSpace(line))
		switch {
		case answer == "" || !ok:
			return answers[0]
		case slices.Contains(answers, answer):
			return answer
		}
		c.say(fmt.Sprintf("Answer %s, not %q.\n%s\n", strings.Join(answers, ", "), answer, question))
	}
}

// Pause waits for Enter at a breakpoint of a build; it fails only when ctx ends.
func (c *Choices) Pause(ctx context.Context, build string) error {
	c.Ask(ctx, build+": press Enter to go on", "go")
	return context.Cause(ctx)
}

// Alone does something at the terminal while nobody else asks.
func (c *Choices) Alone(do func() error) error {
	c.one.Lock()
	defer c.one.Unlock()
	return do()
}
