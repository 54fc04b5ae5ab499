package cli

import (
	"context"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/host"
	"github.com/ovenbird-io/ovenbird/internal/prompt"
	"github.com/ovenbird-io/ovenbird/templates"
)

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
		"help":      func() { r.out.Result(prompt.Help) },
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
