package prompt

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// Choices asks questions that have a few short answers. Those who ask at the
// same time are served one after another.
type Choices struct {
	in      io.Reader
	say     func(text string)
	one     sync.Mutex
	start   func()
	answers chan string
}

// NewChoices reads answers from the lines of in and shows questions with say.
func NewChoices(in io.Reader, say func(text string)) *Choices {
	c := &Choices{in: in, say: say, answers: make(chan string)}
	c.start = sync.OnceFunc(func() { go c.read() })
	return c
}

// read ends with the input, or with the process.
func (c *Choices) read() {
	defer close(c.answers)
	in := bufio.NewScanner(c.in)
	for in.Scan() {
		c.answers <- strings.ToLower(strings.TrimSpace(in.Text()))
	}
}

// Ask shows the question until one of the answers is given. An empty line, the
// end of the input and the end of ctx mean the first answer.
func (c *Choices) Ask(ctx context.Context, question string, answers ...string) string {
	c.one.Lock()
	defer c.one.Unlock()
	c.start()
	c.say(question + "\n")
	for {
		select {
		case <-ctx.Done():
			return answers[0]
		case answer, open := <-c.answers:
			switch {
			case answer == "" || !open:
				return answers[0]
			case slices.Contains(answers, answer):
				return answer
			}
			c.say(fmt.Sprintf("Answer %s, not %q.\n", strings.Join(answers, ", "), answer))
		}
	}
}

// Pause waits for Enter at a breakpoint of a build; it fails only when ctx ends.
func (c *Choices) Pause(ctx context.Context, build string) error {
	c.Ask(ctx, build+": press Enter to go on", "go")
	return context.Cause(ctx)
}
