package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
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
	onError        string
	parallel       int
	warnUndeclared bool
	syntaxOnly     bool
	online         bool

	check, diff, recursive bool // of fmt
	write                  bool
}

// list is a flag that may be given several times.
type list struct {
	to    *[]string
	comma bool // each value is itself a list
}

func (l list) String() string { return "" }

func (l list) Set(v string) error {
	if !l.comma {
		*l.to = append(*l.to, v)
		return nil
	}
	for s := range strings.SplitSeq(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			*l.to = append(*l.to, s)
		}
	}
	return nil
}

// variable is -var, whose values need a "=".
type variable struct{ list }

func (v variable) Set(s string) error {
	if !strings.Contains(s, "=") {
		return errors.New("write it as 'name=value'")
	}
	return v.list.Set(s)
}

func templateFlags(fs *flag.FlagSet, o *options) {
	fs.Var(list{&o.only, true}, "only", "run only the builds that these comma-separated `globs` match")
	fs.Var(list{&o.except, true}, "except", "run all but the builds and post-processors that these `globs` match")
	fs.Var(variable{list{&o.vars, false}}, "var", "set a variable, as `name=value`; may be repeated")
	fs.Var(list{&o.varFiles, false}, "var-file", "set variables from an HCL or JSON `file`; may be repeated")
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
}

func accepted(string) error { return nil }

func buildFlags(fs *flag.FlagSet, o *options) {
	templateFlags(fs, o)
	fs.BoolVar(&o.force, "force", false, "replace what an earlier build left")
	fs.BoolVar(&o.timestamps, "timestamp-ui", false, "put the time in front of each line")
	fs.BoolVar(&o.requireAccel, "require-accel", false, "fail rather than emulate when KVM cannot be used")
	fs.BoolVar(&o.warnUndeclared, "warn-on-undeclared-var", false, "warn of values for variables that no template declares")
	fs.IntVar(&o.parallel, "parallel-builds", 0, "run at most `N` builds at once; 0 is as many as the memory allows")
	o.onError = "cleanup"
	fs.Func("on-error", "what to do when a build fails: `cleanup` or abort, which leaves its files (default cleanup)", func(s string) error {
		switch s {
		case "cleanup", "abort":
			o.onError = s
			return nil
		case "ask", "run-cleanup-provisioner":
			return errors.New(`not supported yet; use "cleanup" or "abort"`)
		}
		return errors.New(`use "cleanup" or "abort"`)
	})
	fs.BoolFunc("debug", "", func(s string) error {
		if on, err := strconv.ParseBool(s); err != nil || !on {
			return err
		}
		return errors.New("not supported yet")
	})
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
	fs.BoolFunc("evaluate-datasources", "", accepted)
}

func doctorFlags(fs *flag.FlagSet, o *options) { outputFlags(fs, o) }

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
	fs := r.command.flagSet(&r.options)
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return flagError(fs, err)
		}
		rest := fs.Args()
		if used := len(args) - len(rest); used > 0 && args[used-1] == "--" {
			r.args = append(r.args, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		r.args, args = append(r.args, rest[0]), rest[1:]
	}
	switch want := r.command.args; {
	case want == "TEMPLATE" && len(r.args) != 1:
		return fmt.Errorf("%s takes one template: a file or a folder; %d were given", r.command.name, len(r.args))
	case want == "" && len(r.args) > 0:
		return fmt.Errorf("%s takes no arguments, but got %q", r.command.name, r.args[0])
	case want == "PATH..." && len(r.args) == 0:
		return fmt.Errorf("%s takes files and folders; \".\" is this folder", r.command.name)
	case strings.HasPrefix(want, "[") && len(r.args) > 1:
		return fmt.Errorf("%s takes one argument, but got %q, too", r.command.name, r.args[1])
	}
	return nil
}

// flagError says what is wrong with a flag, and which one was meant.
func flagError(fs *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		text := strings.Replace(err.Error(), "invalid boolean flag ", "-", 1)
		if number, ok := strings.CutSuffix(text, ": parse error"); ok {
			text = number + ": not a number, or not true or false"
		}
		return errors.New(text)
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) {
		if f.Usage != "" {
			names = append(names, f.Name)
		}
	})
	slices.Sort(names)
	text := fmt.Sprintf("%s has no flag -%s", fs.Name(), name)
	if like := nearest(name, names); like != "" {
		text += fmt.Sprintf("; did you mean -%s?", like)
	}
	return errors.New(text)
}
