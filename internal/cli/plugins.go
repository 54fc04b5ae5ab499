package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/cli/amazon"
	"github.com/ovenbird-io/ovenbird/internal/cli/cache"
	"github.com/ovenbird-io/ovenbird/internal/cli/cmdline"
	"github.com/ovenbird-io/ovenbird/internal/complete"
	"github.com/ovenbird-io/ovenbird/templates"
)

// runInit tells which of the plugins that a template requires are built in.
// One that is not is a warning: a build that does not need it can be run.
func runInit(_ context.Context, r *run) int {
	plugins, files, diags := templates.RequiredPlugins(r.args[0], r.components)
	r.report(files, diags)
	if diags.HasErrors() {
		return ExitUsage
	}
	if len(plugins) == 0 {
		r.out.Result("The template requires no plugins.")
	}
	for _, p := range plugins {
		what := fmt.Sprintf("%s: %s %s", p.Name, p.Source, p.Version)
		if len(p.BuiltIn) > 0 {
			r.out.Result(what + ": built in: " + strings.Join(p.BuiltIn, ", "))
			continue
		}
		r.out.Result(what + ": not built in")
		r.report(files, hcl.Diagnostics{p.Missing()})
	}
	return ExitOK
}

func runPlugins(ctx context.Context, r *run) int {
	word := ""
	if len(r.args) > 0 {
		word, r.args = r.args[0], r.args[1:]
	}
	switch {
	case word == "required" && len(r.args) == 1:
		return runInit(ctx, r)
	case word == "required":
		return r.usage("plugins required takes one template: a file or a folder; %d were given", len(r.args))
	case word == "installed" && len(r.args) > 0:
		return r.usage("plugins installed takes no arguments, but got %q", r.args[0])
	case word == "installed":
		for _, name := range r.components.List() {
			r.out.Result(name)
		}
		return ExitOK
	case word == "install" || word == "remove":
		return r.usage("there is no \"plugins %s\": what Ovenbird has is built in, and nothing can be added", word)
	}
	return r.usage("plugins takes \"required TEMPLATE\" or \"installed\", not %q", word)
}

// runCompletion prints the script for a shell.
func runCompletion(_ context.Context, r *run) int {
	var all []complete.Command
	for _, c := range commands() {
		one := complete.Command{Name: c.name, About: c.about}
		switch c.name {
		case "help":
			for _, other := range commands() {
				one.Words = append(one.Words, other.name)
			}
		case "completion":
			one.Words = complete.Shells()
		case "plugins":
			one.Words = []string{"required", "installed"}
		case "cache":
			one.Words = cache.Words()
		case "images":
			one.Words = amazon.Words()
		}
		one.Flags = complete.Flags(c.flagSet(&cmdline.Options{}))
		all = append(all, one)
	}
	text, ok := complete.Script(strings.Join(r.args, " "), "ovenbird", all)
	if !ok {
		return r.usage("completion takes one shell: %s", strings.Join(complete.Shells(), ", "))
	}
	r.out.File(text)
	return ExitOK
}
