package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/cli/cmdline"
	"github.com/ovenbird-io/ovenbird/internal/flags"
)

func (c command) flagSet(o *cmdline.Options) *flag.FlagSet {
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
