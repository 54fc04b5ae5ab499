package cli

import (
	"context"
	"path/filepath"

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
	err := prompt.Commands(next, map[string]func(){
		"help":      func() { r.out.Result(consoleHelp) },
		"variables": func() { r.out.Result(console.Variables()) },
	}, func(line string) {
		value, diags := console.Evaluate(line)
		r.report(console.Files, diags)
		if diags.HasErrors() {
			code = ExitFailed
			return
		}
		r.out.Result(value)
	})
	if err != nil {
		r.fault(err.Error())
		code = ExitFailed
	}
	return code
}
