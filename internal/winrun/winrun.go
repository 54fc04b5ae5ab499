// Package winrun is what provisioners of Windows guests share: scripts that are
// uploaded, run by a command line and judged by their exit status.
package winrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// retryPause is the time between two tries to upload while the guest is away.
const retryPause = 2 * time.Second

// Check says whether commands can reach the guest.
func Check(g guest.Guest, kind string) error {
	switch {
	case g == nil:
		return errors.New("there is no connection to the guest: communicator is \"none\"")
	case kind == "winrm":
		return errors.New("WinRM is not supported yet; use communicator = \"ssh\" with the OpenSSH server of Windows")
	}
	return nil
}

// Problems checks the options of scripts; Windows has exit codes beyond 255.
func Problems(o script.Options) []error {
	codes := o.ValidExitCodes
	o.ValidExitCodes = nil
	errs := o.Problems()
	for _, code := range codes {
		if code < 0 {
			errs = append(errs, option.Bad("valid_exit_codes", "%d is no exit code; use 0 or more.", code))
		}
	}
	return errs
}

// Upload writes a file, with the line ends of Windows if it is text. It tries
// anew for a while when the connection breaks, as while the guest reboots.
func Upload(ctx context.Context, g guest.Guest, name string, data []byte, binary bool, patience time.Duration) error {
	if !binary {
		data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	}
	deadline := time.Now().Add(patience)
	for {
		err := g.Upload(ctx, name, 0o644, bytes.NewReader(data))
		if exit := (*guest.ExitError)(nil); errors.As(err, &exit) {
			return fmt.Errorf("%w; for a Windows guest set ssh_file_transfer_method = \"sftp\"", err)
		}
		if err == nil || !guest.IsLost(err) || time.Now().After(deadline) {
			return err
		}
		if err := Pause(ctx, retryPause); err != nil {
			return err
		}
	}
}

// Run runs a command line, shows what it says, and judges its exit status.
func Run(ctx context.Context, g guest.Guest, out *ui.UI, line string, o *script.Options) error {
	stdout, stderr := out.Stdout(), out.Stderr()
	err := g.Run(ctx, guest.Command{Line: line, Stdout: stdout, Stderr: stderr})
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	exit := &guest.ExitError{}
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	if exit.Signal == "" && o.Accepts(exit.Status) {
		return nil
	}
	if len(o.ValidExitCodes) > 0 {
		return fmt.Errorf("%w; valid_exit_codes are %v", exit, o.ValidExitCodes)
	}
	return exit
}

// Pause waits for a while, or ends with ctx.
func Pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// Quote makes s a word in the single quotes of PowerShell.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
