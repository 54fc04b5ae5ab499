package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/prompt"
	"github.com/ovenbird-io/ovenbird/templates"
)

const consoleHelp = `Each line is an expression of the template language; its value is shown.

  upper(var.name)   variables, locals and functions can be used
  variables         lists all variables and locals with their values
  help              shows this
  exit              ends the console, as Ctrl-D does
`

// runConsole evaluates the lines of stdin. On a terminal they can be edited,
// and those of earlier sessions come back with the arrow keys.
func runConsole(_ context.Context, r *run) int {
	path := ""
	if len(r.args) > 0 {
		path = r.args[0]
	}
	console, diags := templates.OpenConsole(path, r.components, r.templateOptions())
	r.out.Hide(console.Secrets...)
	r.report(console.Files, diags)
	if !console.Usable() {
		return ExitUsage
	}
	next := r.lines()
	code := ExitOK
	for {
		line, err := next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				r.fault("reading the next line: " + err.Error())
				code = ExitFailed
			}
			return code
		}
		switch line = strings.TrimSpace(line); line {
		case "":
		case "exit":
			return code
		case "help":
			r.out.Result(consoleHelp)
		case "variables":
			r.out.Result(console.Variables())
		default:
			value, diags := console.Evaluate(line)
			r.report(console.Files, diags)
			if diags.HasErrors() {
				code = ExitFailed
				continue
			}
			r.out.Result(value)
		}
	}
}

// lines gives what reads the next line of stdin.
func (r *run) lines() (next func() (string, error)) {
	if f, ok := r.env.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		history := ""
		if cache, err := cacheDir(r.env.Getenv); err == nil {
			history = filepath.Join(cache, "console-history")
		}
		return prompt.Open(f, r.env.Stderr, "> ", history).Next
	}
	in := bufio.NewScanner(r.env.Stdin)
	in.Buffer(nil, 1<<20)
	return func() (string, error) {
		if !in.Scan() {
			return "", cmp.Or(in.Err(), io.EOF)
		}
		return in.Text(), nil
	}
}
