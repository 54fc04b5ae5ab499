package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/cli/sandbox"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/hclfmt"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/upgrade"
)

// options are the flags of all commands; a command registers those it knows.
type options struct {
	only, except   []string
	vars, varFiles []string
	noColor        bool
	timestamps     bool
	json           bool
	machine        bool // Packer's format for programs
	force          bool
	requireAccel   bool
	memory         memory.Options
	at             string
	debug          bool
	onError        string
	parallel       int
	warnUndeclared bool
	syntaxOnly     bool
	readData       bool
	online         bool

	fmt     hclfmt.Command
	upgrade upgrade.Options
	sandbox sandbox.Options
}

func templateFlags(fs *flag.FlagSet, o *options) {
	fs.Var(flags.List{To: &o.only, Comma: true}, "only", "run only the builds that these comma-separated `globs` match")
	fs.Var(flags.List{To: &o.except, Comma: true}, "except", "run all but the builds and post-processors that these `globs` match")
	fs.Var(flags.Pairs{List: flags.List{To: &o.vars}}, "var", "set a variable, as `name=value`; may be repeated")
	fs.Var(flags.List{To: &o.varFiles}, "var-file", "set variables from an HCL or JSON `file`; may be repeated")
	outputFlags(fs, o)
	for _, name := range []string{"ignore-prerelease-plugins", "use-sequential-evaluation", "skip-enforcement"} {
		fs.BoolFunc(name, "", accepted) // Packer has it; here it has nothing to change
	}
	fs.Func("config-type", "", func(s string) error {
		if s != "hcl2" {
			return errors.New(`only "hcl2" is supported`)
		}
		return nil
	})
}

func outputFlags(fs *flag.FlagSet, o *options) {
	fs.BoolFunc("color", "colour on a terminal (default true); NO_COLOR=1 turns it off too", func(s string) error {
		on, err := strconv.ParseBool(s)
		o.noColor = !on
		return err
	})
	fs.BoolFunc("json", "write one JSON event a line to stdout, for programs", func(s string) error {
		on, err := strconv.ParseBool(s)
		if on && o.machine {
			return errors.New("it excludes -machine-readable; choose one")
		}
		o.json = on
		return err
	})
	// Main has taken it out of the arguments already: this is for the help and completion.
	fs.BoolFunc("machine-readable", "write to stdout what Packer's tools read", func(string) error {
		return errors.New("it takes no value")
	})
}

func accepted(string) error { return nil }

func buildFlags(fs *flag.FlagSet, o *options) {
	templateFlags(fs, o)
	fs.BoolVar(&o.force, "force", false, "replace what an earlier build left")
	fs.BoolVar(&o.timestamps, "timestamp-ui", false, "put the time in front of each line")
	fs.BoolVar(&o.requireAccel, "require-accel", false, "fail rather than emulate when KVM cannot be used")
	fs.BoolVar(&o.warnUndeclared, "warn-on-undeclared-var", false, "warn of values for variables that no template declares")
	o.memory.Flags(fs)
	fs.IntVar(&o.parallel, "parallel-builds", 0, "run at most `N` builds at once; 0 is as many as memory and processors allow")
	o.onError = "cleanup"
	fs.Func("on-error", "what to do when a build fails: `cleanup` (default), abort (leave its files), run-cleanup-provisioner (then abort), ask", func(s string) error {
		switch s {
		case pipeline.Cleanup, pipeline.Abort, pipeline.RunCleanup, pipeline.Ask:
			o.onError = s
			return nil
		}
		return errors.New("use cleanup, abort, run-cleanup-provisioner or ask")
	})
	fs.BoolVar(&o.debug, "debug", false, "stop before each step until Enter is pressed")
}

func whyFlags(fs *flag.FlagSet, o *options) {
	templateFlags(fs, o)
	o.memory.Flags(fs)
}

func shellFlags(fs *flag.FlagSet, o *options) {
	templateFlags(fs, o)
	fs.StringVar(&o.at, "at", "", "the machine as it was after this `step`: its name, type or number, or boot (default the last that is remembered)")
}

func validateFlags(fs *flag.FlagSet, o *options) {
	templateFlags(fs, o)
	o.warnUndeclared = true
	fs.BoolVar(&o.syntaxOnly, "syntax-only", false, "only parse the template")
	fs.BoolVar(&o.online, "online", false, "also ask for what the builds start from, over the network")
	fs.BoolFunc("no-warn-undeclared-var", "do not warn of values for variables that no template declares", func(s string) error {
		off, err := strconv.ParseBool(s)
		o.warnUndeclared = !off
		return err
	})
	fs.BoolVar(&o.readData, "evaluate-datasources", false, "read the data sources; else what they tell is taken as unknown")
}

// variableFlags are for commands that select no builds: -only and -except are
// accepted, as by Packer, but not mentioned.
func variableFlags(fs *flag.FlagSet, o *options) {
	templateFlags(fs, o)
	flags.Silence(fs, "only", "except")
}

// fileFlags are for commands that need no variables either.
func fileFlags(fs *flag.FlagSet, o *options) {
	variableFlags(fs, o)
	flags.Silence(fs, "var", "var-file")
	for _, name := range []string{"upgrade", "force"} {
		fs.BoolFunc(name, "", accepted) // there is nothing to download
	}
}

func (c command) flagSet(o *options) *flag.FlagSet {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	if c.flags != nil {
		c.flags(fs, o)
	}
	return fs
}

// parse reads flags before, between and behind the arguments; "--" ends them.
func (r *run) parse(args []string) error {
	var err error
	if r.args, err = flags.Parse(r.command.flagSet(&r.options), args); err != nil {
		return err
	}
	switch want := r.command.args; {
	case want == "TEMPLATE" && len(r.args) != 1:
		return fmt.Errorf("%s takes one template: a file or a folder; %d were given", r.command.name, len(r.args))
	case want == "TEMPLATE [STEP]" && (len(r.args) == 0 || len(r.args) > 2):
		return fmt.Errorf("%s takes a template and perhaps a step; %d were given", r.command.name, len(r.args))
	case want == "" && len(r.args) > 0:
		return fmt.Errorf("%s takes no arguments, but got %q", r.command.name, r.args[0])
	case want == "PATH..." && len(r.args) == 0:
		return fmt.Errorf("%s takes files and folders; \".\" is this folder", r.command.name)
	case want == ec2boxArgs:
	case strings.HasPrefix(want, "[") && len(r.args) > 1:
		return fmt.Errorf("%s takes one argument, but got %q, too", r.command.name, r.args[1])
	}
	return nil
}
