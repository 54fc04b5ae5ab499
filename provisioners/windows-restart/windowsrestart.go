// Package windowsrestart restarts Windows guests.
package windowsrestart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/winrun"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// WindowsRestart restarts a Windows guest and waits until it is back, over SSH;
// WinRM is not supported yet.
type WindowsRestart struct {
	// Command that restarts the guest. Default
	// `shutdown /r /f /t 0 /c "packer restart"`.
	RestartCommand string `hcl:"restart_command,optional"`
	// Command that succeeds once the guest is back. Default one that says the
	// guest's name.
	RestartCheckCommand string `hcl:"restart_check_command,optional"`
	// How long the guest may take. Default "5m".
	RestartTimeout time.Duration `hcl:"restart_timeout,optional"`
	// Also wait until none of registry_keys exists. Default false.
	CheckRegistry bool `hcl:"check_registry,optional"`
	// Registry keys that tell of a restart that is due. Default RebootPending,
	// PackagesPending and RebootInProgress of Component Based Servicing.
	RegistryKeys []string `hcl:"registry_keys,optional"`

	env  provisioners.Env
	poll time.Duration // between two looks at the guest
}

// New makes a windows-restart provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	const servicing = `HKLM:SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\`
	return &WindowsRestart{
		RestartCommand:      `shutdown /r /f /t 0 /c "packer restart"`,
		RestartCheckCommand: `powershell -NoProfile -NonInteractive "echo ($env:COMPUTERNAME + ' restarted.')"`,
		RestartTimeout:      5 * time.Minute,
		RegistryKeys:        []string{servicing + "RebootPending", servicing + "PackagesPending", servicing + "RebootInProgress"},
		env:                 env,
		poll:                5 * time.Second,
	}
}

// Validate checks the options.
func (w *WindowsRestart) Validate() error {
	var errs []error
	for _, o := range []struct{ name, text string }{
		{"restart_command", w.RestartCommand}, {"restart_check_command", w.RestartCheckCommand},
	} {
		if o.text == "" {
			errs = append(errs, option.Bad(o.name, "It is empty; name a command, or leave the option out."))
		}
	}
	if w.RestartTimeout <= 0 {
		errs = append(errs, option.Bad("restart_timeout", "%s is too short; use a time such as \"5m\".", w.RestartTimeout))
	}
	return errors.Join(errs...)
}

// Inputs are none.
func (*WindowsRestart) Inputs() ([]string, error) { return nil, nil }

// testReboot asks for a restart in a minute. Windows refuses with one of
// leaving or pending while another one is under way.
const (
	testReboot  = `shutdown /r /f /t 60 /c "restart test"`
	abortReboot = "shutdown /a"
)

// Exit codes of shutdown: it is under way, it is planned already.
const (
	leaving = 1115
	pending = 1190
)

// Provision restarts the guest and waits for it.
func (w *WindowsRestart) Provision(ctx context.Context, g guest.Guest, out *ui.UI) error {
	if err := winrun.Check(g, w.env.Vars["ConnType"]); err != nil {
		return err
	}
	why := fmt.Errorf("the guest was not back within %s; see restart_timeout", w.RestartTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, w.RestartTimeout, why)
	defer cancel()
	out.Say("Restarting the guest")
	accepted := &script.Options{ValidExitCodes: []int{0, leaving, pending}}
	if err := winrun.Run(ctx, g, out, w.RestartCommand, accepted); err != nil && !guest.IsLost(err) {
		return fmt.Errorf("restart_command: %w", err)
	}
	out.Detail("Waiting for the guest")
	checks := []func(context.Context, guest.Guest) error{w.steady, w.check}
	if w.CheckRegistry {
		checks = append(checks, w.registry)
	}
	for _, check := range checks {
		for {
			err := check(ctx, g)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := winrun.Pause(ctx, w.poll); err != nil {
				return err
			}
		}
	}
	out.Detail("The guest is back")
	return nil
}

func quiet(line string) guest.Command {
	return guest.Command{Line: line, Stdout: io.Discard, Stderr: io.Discard}
}

// steady tells whether the guest is not on its way down: then it takes a
// restart, which is called off at once.
func (w *WindowsRestart) steady(ctx context.Context, g guest.Guest) error {
	if err := g.Run(ctx, quiet(testReboot)); err != nil {
		return err
	}
	return g.Run(ctx, quiet(abortReboot))
}

func (w *WindowsRestart) check(ctx context.Context, g guest.Guest) error {
	return g.Run(ctx, quiet(w.RestartCheckCommand))
}

// registry fails while one of the keys exists.
func (w *WindowsRestart) registry(ctx context.Context, g guest.Guest) error {
	var keys []string
	for _, k := range w.RegistryKeys {
		keys = append(keys, winrun.Quote(k))
	}
	if len(keys) == 0 {
		return nil
	}
	return g.Run(ctx, quiet(`powershell -NoProfile -NonInteractive "if (Test-Path `+strings.Join(keys, ",")+` | Where-Object { $_ }) { exit 1 }"`))
}
