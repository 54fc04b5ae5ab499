package cli

import (
	"context"
)

// runFmt formats files and prints the names of those that were not in the usual
// layout.
func runFmt(_ context.Context, r *run) int {
	switch done := r.options.Fmt.Run(r.args, r.env.Stdin, r.out, r.report); {
	case done.Failed:
		return ExitUsage
	case done.Changed && r.options.Fmt.Check:
		return ExitUnformatted
	}
	return ExitOK
}
