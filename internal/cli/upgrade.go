package cli

import (
	"context"
)

// runUpgrade rewrites a legacy JSON template in HCL.
func runUpgrade(_ context.Context, r *run) int {
	done := r.options.Upgrade.Run(r.args[0], r.env.Stdin, r.components.Shapes)
	r.report(done.Files, done.Diags)
	switch {
	case done.Diags.HasErrors():
		return ExitUsage
	case done.Name == "":
		r.out.File(done.Text)
	default:
		r.out.Result("Successfully created " + done.Name)
	}
	return ExitOK
}
