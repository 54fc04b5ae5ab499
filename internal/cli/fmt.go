package cli

import (
	"context"
	"flag"
)

func fmtFlags(fs *flag.FlagSet, o *options) {
	o.fmt.Flags(fs)
	outputFlags(fs, o)
}

// runFmt formats files and prints the names of those that were not in the usual
// layout.
func runFmt(_ context.Context, r *run) int {
	switch done := r.options.fmt.Run(r.args, r.env.Stdin, r.out, r.report); {
	case done.Failed:
		return ExitUsage
	case done.Changed && r.options.fmt.Check:
		return ExitUnformatted
	}
	return ExitOK
}
