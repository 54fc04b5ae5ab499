package cli

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/host"
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
func runConsole(ctx context.Context, r *run) int {
	path := ""
	if len(r.args) > 0 {
		path = r.args[0]
	}
	console, diags := templates.OpenConsole(ctx, path, r.components, r.templateOptions())
	r.out.Hide(console.Secrets...)
	r.report(console.Files, diags)
	if !console.Usable() {
		return ExitUsage
	}
	history := ""
	if cache, err := host.CacheDir(r.env.Getenv); err == nil {
		history = filepath.Join(cache, "console-history")
	}
	next := prompt.Lines(r.env.Stdin, r.env.Stderr, history)
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
