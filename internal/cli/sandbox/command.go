package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// environment is what makes any client use the sandbox, and nothing else.
func environment(endpoint, region, key, secret string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint,
		"AWS_ACCESS_KEY_ID=" + key,
		"AWS_SECRET_ACCESS_KEY=" + secret,
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// runCommand runs the user's command with the environment, in which nothing
// leads to a real account. A status other than 0 is a *guest.ExitError.
func (o *Options) runCommand(ctx context.Context, env []string) error {
	cmd := exec.Command(o.Command[0], o.Command[1:]...) //nolint:noctx // it is told to end, not killed
	for _, one := range o.Environ {
		if !strings.HasPrefix(one, "AWS_") {
			cmd.Env = append(cmd.Env, one)
		}
	}
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = o.Stdin, o.Stdout, o.Stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("running the command: %w", err)
	}
	defer context.AfterFunc(ctx, func() {
		// The terminal has told it already.
		if f, ok := o.Stdin.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
			_ = cmd.Process.Signal(syscall.SIGTERM)
		}
	})()
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &guest.ExitError{Status: exit.ExitCode()}
	}
	return err
}
