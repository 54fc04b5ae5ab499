// Package prompt reads lines from a terminal, where they can be edited and
// earlier ones come back with the arrow keys.
package prompt

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// longest is the longest line, in bytes, that is read from anything else.
const longest = 1 << 20

// Lines gives what reads the next line of in until io.EOF. When in is a
// terminal, it asks for each line on out, and the file history keeps them.
func Lines(in io.Reader, out io.Writer, history string) (next func() (string, error)) {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return Open(f, out, "> ", history).Next
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	return func() (string, error) {
		if !lines.Scan() {
			return "", cmp.Or(lines.Err(), io.EOF)
		}
		return lines.Text(), nil
	}
}

// Reader reads lines from a terminal.
type Reader struct {
	in       *os.File
	terminal *term.Terminal
}

// Open shows prompt on out before each line read from in, a terminal. The file
// history keeps the lines for later sessions; "" keeps none.
func Open(in *os.File, out io.Writer, prompt, history string) *Reader {
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{in, out}, prompt)
	t.History = newHistory(history)
	return &Reader{in: in, terminal: t}
}

// Next reads a line; Ctrl-C and Ctrl-D end the input. The terminal is in its
// usual mode again when it returns.
func (r *Reader) Next() (string, error) {
	fd := int(r.in.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		return "", fmt.Errorf("preparing the terminal: %w", err)
	}
	defer func() { _ = term.Restore(fd, before) }() // the line counts, whatever the terminal does now
	if width, height, err := term.GetSize(fd); err == nil && width > 0 {
		_ = r.terminal.SetSize(width, height) // only redraws
	}
	return r.terminal.ReadLine() //nolint:wrapcheck // io.EOF must stay what it is
}
