package prompt

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

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
