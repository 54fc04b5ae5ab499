package prompt

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Help explains a console.
const Help = `Each line is an expression of the template language; its value is shown.

  upper(var.name)   variables, locals and functions can be used
  variables         lists all variables and locals with their values
  help              shows this
  exit              ends the console, as Ctrl-D does
`

// Commands takes lines until their end or the word "exit". A line that is a
// known word does what that says, any other but an empty one is given to other.
func Commands(next func() (string, error), words map[string]func(), other func(line string)) error {
	for {
		line, err := next()
		line = strings.TrimSpace(line)
		word := words[line]
		switch {
		case errors.Is(err, io.EOF), err == nil && line == "exit":
			return nil
		case err != nil:
			return fmt.Errorf("reading the next line: %w", err)
		case word != nil:
			word()
		case line != "":
			other(line)
		}
	}
}
