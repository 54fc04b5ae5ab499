package cli

import (
	"context"
	"os"

	"github.com/ovenbird-io/ovenbird/internal/cli/sandbox"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/imds"
	"github.com/ovenbird-io/ovenbird/internal/host"
)

// ec2boxArgs is a command, whose flags are its own behind the dashes.
const ec2boxArgs = "[-- COMMAND...]"

// runEC2Box serves an EC2 on loopback until it is interrupted, or the user's
// command has ended.
func runEC2Box(ctx context.Context, r *run) int {
	o := r.options.Sandbox
	var err error
	if o.Parent, err = host.CacheDir(r.env.Getenv); err != nil {
		return r.usage("%s", err.Error())
	}
	if o.Program, err = os.Executable(); err != nil {
		return r.ended(ctx, err)
	}
	o.Command, o.Environ = r.args, os.Environ()
	o.Stdin, o.Stdout, o.Stderr = r.env.Stdin, r.env.Stdout, r.env.Stderr
	err = sandbox.Run(ctx, o, r.out)
	if err == nil && len(o.Command) == 0 {
		return ExitOK // an interrupt is how it ends
	}
	return r.ended(ctx, err)
}

// ec2boxMetadata joins a connection of a guest with its metadata service. Its
// standard error is the guest's, too, so that nothing is said.
func ec2boxMetadata(ctx context.Context, socket string, env Env) int {
	if imds.Pipe(ctx, socket, env.Stdin, env.Stdout) != nil {
		return ExitFailed
	}
	return ExitOK
}
