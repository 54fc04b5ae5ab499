// Package cli is the command line: it reads flags, loads the template, runs
// the command and turns what happened into an exit code.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/cli/cmdline"
	"github.com/ovenbird-io/ovenbird/internal/cli/sandbox"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/ui/logfile"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Exit codes.
const (
	ExitOK          = 0
	ExitFailed      = 1   // a build failed, or doctor found something missing
	ExitUsage       = 2   // bad template or bad usage
	ExitUnformatted = 3   // fmt -check found files to rewrite
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
	flags             func(fs *flag.FlagSet, o *cmdline.Options)
	run               func(ctx context.Context, r *run) int
}

func commands() []command {
	return []command{
		{"build", "TEMPLATE", "bake the images of a template", cmdline.Build, runBuild},
		{"why", "TEMPLATE [STEP]", "tell which steps a build would do again, and why", cmdline.Why, runWhy},
		{"shell", "TEMPLATE", "work in a machine that is remembered; nothing done there is kept", cmdline.Shell, runShell},
		{"validate", "TEMPLATE", "check a template without running it", cmdline.Validate, runValidate},
		{"inspect", "TEMPLATE", "list the variables and builds of a template", cmdline.Variables, runInspect},
		{"console", "[TEMPLATE]", "evaluate the expressions on stdin, one a line", cmdline.Variables, runConsole},
		{"fmt", "PATH...", "rewrite templates and variable files in the usual layout; \"-\" is stdin", cmdline.Fmt, runFmt},
		{"hcl2_upgrade", "TEMPLATE", "rewrite a legacy JSON template in HCL", cmdline.Upgrade, runUpgrade},
		{"init", "TEMPLATE", "tell whether the plugins a template requires are built in", cmdline.Files, runInit},
		{"plugins", "required TEMPLATE | installed", "list what a template requires, or what is built in", cmdline.Files, runPlugins},
		{"doctor", "", "tell what this machine has and lacks for baking", cmdline.Output, runDoctor},
		{"ec2box", ec2boxArgs, "serve an EC2 on loopback, with QEMU machines for instances, and perhaps run a command in it", cmdline.EC2Box, runEC2Box},
		{"cache", "ls | verify | prune [GIB] | rm KEY...", "list, check and remove the machines that builds remember", cmdline.Output, runCache},
		{"gc", "", "remove what builds that died left at Amazon", cmdline.GC, runGC},
		{"images", "ls | prune", "list the AMIs that builds made, and remove old ones", cmdline.Images, runImages},
		{"iam-policy", "TEMPLATE", "print the IAM policy that a template needs at Amazon", cmdline.Policy, runPolicy},
		{"version", "", "print the version", nil, runVersion},
		{"completion", "bash|zsh|fish", "print a script that completes command lines in a shell", nil, runCompletion},
		{"help", "[COMMAND]", "explain a command", nil, runHelp},
	}
}

// run is one command on its way.
type run struct {
	env        Env
	components templates.Components
	log        ui.Sink // nil is none
	start      time.Time
	command    command
	options    cmdline.Options
	args       []string // without flags
	out        *ui.Root
}

// Main runs the command that args (without the program's name) ask for and
// returns the exit code. When ctx is cancelled, the cause says why.
func Main(ctx context.Context, args []string, env Env, c templates.Components) int {
	if len(args) == 2 && args[0] == sandbox.Helper {
		return ec2boxMetadata(ctx, args[1], env)
	}
	r := &run{env: env, components: c, start: time.Now()}
	args, r.options.Machine = flags.Take(args, "machine-readable")
	log, closeLog, err := logfile.Open(env.Getenv, env.Stderr)
	r.log = log
	r.out = r.open()
	if err != nil {
		return r.usage("%s", err.Error())
	}
	defer closeLog()
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
	r.out.Debug("Ovenbird v" + env.Version + ", " + name)
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if i < 0 {
		return r.usage("%s", unknownCommand(name))
	}
	r.command = commands()[i]
	err = r.parse(args[1:])
	r.out = r.open()
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			r.out.Result(r.command.usage())
			return ExitOK
		}
		return r.usage("%s", err.Error())
	}
	code := r.command.run(ctx, r)
	r.out.Debug(fmt.Sprintf("exit code %d", code))
	return code
}

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
