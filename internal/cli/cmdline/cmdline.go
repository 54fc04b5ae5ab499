// Package cmdline is what stands on the command lines of Ovenbird: the flags of
// each command.
package cmdline

import (
	"errors"
	"flag"
	"strconv"

	"github.com/ovenbird-io/ovenbird/internal/cli/amazon"
	"github.com/ovenbird-io/ovenbird/internal/cli/sandbox"
	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/internal/hclfmt"
	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/pipeline/memory"
	"github.com/ovenbird-io/ovenbird/internal/upgrade"
)

// Options are the flags of all commands; a command registers those it knows.
type Options struct {
	Only, Except   []string
	Vars, VarFiles []string
	NoColor        bool
	Timestamps     bool
	JSON           bool
	Machine        bool // Packer's format for programs
	Force          bool
	RequireAccel   bool
	Memory         memory.Options
	At             string
	Debug          bool
	OnError        string
	Parallel       int
	WarnUndeclared bool
	SyntaxOnly     bool
	ReadData       bool
	Online         bool

	Fmt     hclfmt.Command
	Upgrade upgrade.Options
	Sandbox sandbox.Options
	Amazon  amazon.Options
}

// Template has the flags of commands that read a template.
func Template(fs *flag.FlagSet, o *Options) {
	fs.Var(flags.List{To: &o.Only, Comma: true}, "only", "run only the builds that these comma-separated `globs` match")
	fs.Var(flags.List{To: &o.Except, Comma: true}, "except", "run all but the builds and post-processors that these `globs` match")
	fs.Var(flags.Pairs{List: flags.List{To: &o.Vars}}, "var", "set a variable, as `name=value`; may be repeated")
	fs.Var(flags.List{To: &o.VarFiles}, "var-file", "set variables from an HCL or JSON `file`; may be repeated")
	Output(fs, o)
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

// Output has the flags that say what is shown, and how.
func Output(fs *flag.FlagSet, o *Options) {
	fs.BoolFunc("color", "colour on a terminal (default true); NO_COLOR=1 turns it off too", func(s string) error {
		on, err := strconv.ParseBool(s)
		o.NoColor = !on
		return err
	})
	fs.BoolFunc("json", "write one JSON event a line to stdout, for programs", func(s string) error {
		on, err := strconv.ParseBool(s)
		if on && o.Machine {
			return errors.New("it excludes -machine-readable; choose one")
		}
		o.JSON = on
		return err
	})
	// Main has taken it out of the arguments already: this is for the help and completion.
	fs.BoolFunc("machine-readable", "write to stdout what Packer's tools read", func(string) error {
		return errors.New("it takes no value")
	})
}

func accepted(string) error { return nil }

// Build has the flags of build.
func Build(fs *flag.FlagSet, o *Options) {
	Template(fs, o)
	fs.BoolVar(&o.Force, "force", false, "replace what an earlier build left")
	fs.BoolVar(&o.Timestamps, "timestamp-ui", false, "put the time in front of each line")
	fs.BoolVar(&o.RequireAccel, "require-accel", false, "fail rather than emulate when KVM cannot be used")
	fs.BoolVar(&o.WarnUndeclared, "warn-on-undeclared-var", false, "warn of values for variables that no template declares")
	o.Memory.Flags(fs)
	fs.IntVar(&o.Parallel, "parallel-builds", 0, "run at most `N` builds at once; 0 is as many as memory and processors allow")
	o.OnError = "cleanup"
	fs.Func("on-error", "what to do when a build fails: `cleanup` (default), abort (leave its files), run-cleanup-provisioner (then abort), ask", func(s string) error {
		switch s {
		case pipeline.Cleanup, pipeline.Abort, pipeline.RunCleanup, pipeline.Ask:
			o.OnError = s
			return nil
		}
		return errors.New("use cleanup, abort, run-cleanup-provisioner or ask")
	})
	fs.BoolVar(&o.Debug, "debug", false, "stop before each step until Enter is pressed")
}

// Why has the flags of why.
func Why(fs *flag.FlagSet, o *Options) {
	Template(fs, o)
	o.Memory.Flags(fs)
}

// Shell has the flags of shell.
func Shell(fs *flag.FlagSet, o *Options) {
	Template(fs, o)
	fs.StringVar(&o.At, "at", "", "the machine as it was after this `step`: its name, type or number, or boot (default the last that is remembered)")
}

// Validate has the flags of validate.
func Validate(fs *flag.FlagSet, o *Options) {
	Template(fs, o)
	o.WarnUndeclared = true
	fs.BoolVar(&o.SyntaxOnly, "syntax-only", false, "only parse the template")
	fs.BoolVar(&o.Online, "online", false, "also ask for what the builds start from, over the network; reads the data sources")
	fs.BoolFunc("no-warn-undeclared-var", "do not warn of values for variables that no template declares", func(s string) error {
		off, err := strconv.ParseBool(s)
		o.WarnUndeclared = !off
		return err
	})
	fs.BoolVar(&o.ReadData, "evaluate-datasources", false, "read the data sources; else what they tell is taken as unknown")
}

// Variables has the flags of commands that select no builds: -only and -except are
// accepted, as by Packer, but not mentioned.
func Variables(fs *flag.FlagSet, o *Options) {
	Template(fs, o)
	flags.Silence(fs, "only", "except")
}

// Files has the flags of commands that need no variables either.
func Files(fs *flag.FlagSet, o *Options) {
	Variables(fs, o)
	flags.Silence(fs, "var", "var-file")
	for _, name := range []string{"upgrade", "force"} {
		fs.BoolFunc(name, "", accepted) // there is nothing to download
	}
}

// Fmt has the flags of fmt.
func Fmt(fs *flag.FlagSet, o *Options) {
	o.Fmt.Flags(fs)
	Output(fs, o)
}

// Upgrade has the flags of hcl2_upgrade.
func Upgrade(fs *flag.FlagSet, o *Options) {
	o.Upgrade.Flags(fs)
	Output(fs, o)
}

// EC2Box has the flags of ec2box.
func EC2Box(fs *flag.FlagSet, o *Options) {
	Output(fs, o)
	o.Sandbox.Flags(fs)
}

// GC has the flags of gc.
func GC(fs *flag.FlagSet, o *Options) {
	Output(fs, o)
	o.Amazon.GCFlags(fs)
}

// Images has the flags of images.
func Images(fs *flag.FlagSet, o *Options) {
	Output(fs, o)
	o.Amazon.ImagesFlags(fs)
}

// Policy has the flags of iam-policy.
func Policy(fs *flag.FlagSet, o *Options) {
	Variables(fs, o)
	o.Amazon.PolicyFlags(fs)
}
