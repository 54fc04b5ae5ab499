package prompt

import (
	"errors"
	"io"
	"strings"
	"testing"
)

func TestCommands(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		lines []string
		end   error
		err   error
		want  string
	}{
		"the end of the lines": {[]string{" a ", "", "help", "b"}, io.EOF, nil, "a HELP b"},
		"exit":                 {[]string{"a", "exit", "b"}, io.EOF, nil, "a"},
		"an error":             {[]string{"help"}, broken, broken, "HELP"},
	} {
		t.Run(name, func(t *testing.T) {
			var did []string
			next := func() (string, error) {
				if len(c.lines) == 0 {
					return "", c.end
				}
				line := c.lines[0]
				c.lines = c.lines[1:]
				return line, nil
			}
			words := map[string]func(){"help": func() { did = append(did, "HELP") }}
			err := Commands(next, words, func(line string) { did = append(did, line) })
			if got := strings.Join(did, " "); got != c.want || !errors.Is(err, c.err) {
				t.Errorf("did %q, %v", got, err)
			}
		})
	}
}
