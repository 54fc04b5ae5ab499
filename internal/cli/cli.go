// Package cli is the command line: it reads flags, loads the template, runs
// the command and turns what happened into an exit code.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1   // a build failed, or doctor found something missing
	ExitUsage       = 2   // bad template or bad usage
	ExitInterrupted = 130 // a signal ended the run
)

// Env is what a run gets from the process it runs in.
type Env struct {
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer
	Getenv  func(string) string
	Version string // without a leading "v"
}

// command is one word after "ovenbird".
type command struct {
	name, args, about string
	flags             func(fs *flag.FlagSet, o *options)
	run               func(ctx context.Context, r *run) int
}

func commands() []command {
	return []command{
		{"build", "TEMPLATE", "bake the images of a template", buildFlags, runBuild},
		{"validate", "TEMPLATE", "check a template without running it", validateFlags, runValidate},
		{"doctor", "", "tell what this machine has and lacks for baking", doctorFlags, runDoctor},
		{"version", "", "print the version", nil, runVersion},
		{"help", "[COMMAND]", "explain a command", nil, runHelp},
	}
}

// run is one command on its way.
type run struct {
	env        Env
	components templates.Components
	command    command
	options    options
	args       []string // without flags
	out        *ui.Root
}

// Main runs the command that args (without the program's name) ask for and
// returns the exit code. When ctx is cancelled, the cause says why.
func Main(ctx context.Context, args []string, env Env, c templates.Components) int {
	r := &run{env: env, components: c}
	r.out = r.open()
	if len(args) == 0 {
		r.say(overview())
		return ExitUsage
	}
	name := args[0]
	switch name {
	case "-v", "-version", "--version":
		name = "version"
	case "-h", "-help", "--help":
		name = "help"
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if i < 0 {
		return r.usage("%s", unknownCommand(name))
	}
	r.command = commands()[i]
	err := r.parse(args[1:])
	r.out = r.open()
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			r.out.Result(r.command.usage())
			return ExitOK
		}
		return r.usage("%s", err.Error())
	}
	return r.command.run(ctx, r)
}

// open makes the output that the options ask for.
func (r *run) open() *ui.Root {
	terminal := false
	if f, ok := r.env.Stderr.(*os.File); ok {
		terminal = term.IsTerminal(int(f.Fd())) && r.env.Getenv("TERM") != "dumb"
	}
	plain := r.options.noColor || r.env.Getenv("NO_COLOR") != "" || r.env.Getenv("PACKER_NO_COLOR") != ""
	return ui.New(ui.Options{
		Stdout: r.env.Stdout, Stderr: r.env.Stderr,
		JSON: r.options.json, Timestamps: r.options.timestamps,
		Color: terminal && !plain, Bars: terminal,
	})
}

// width is how wide diagnostics may be, in columns; 0 is any width.
func (r *run) width() uint {
	f, ok := r.env.Stderr.(*os.File)
	if !ok || r.options.json {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w < 40 {
		return 0
	}
	return uint(w)
}

// say shows text that was not asked for, on stderr.
func (r *run) say(text string) { r.out.Diagnostic(ui.Problem{Text: text}) }

// usage reports a command line that cannot be used.
func (r *run) usage(format string, args ...any) int {
	summary := fmt.Sprintf(format, args...)
	help := "ovenbird help"
	if r.command.name != "" && r.command.name != "help" {
		help += " " + r.command.name
	}
	hint := fmt.Sprintf("Run %q to see what there is.", help)
	if strings.HasSuffix(summary, "?") {
		hint = ""
	}
	r.out.Diagnostic(ui.Problem{
		Severity: "error", Summary: summary, Detail: hint,
		Text: strings.TrimRight("Error: "+summary+"\n\n"+hint, "\n") + "\n",
	})
	return ExitUsage
}

func runVersion(_ context.Context, r *run) int {
	r.out.Result("Ovenbird v" + strings.TrimPrefix(r.env.Version, "v"))
	return ExitOK
}
