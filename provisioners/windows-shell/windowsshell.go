// Package windowsshell runs batch scripts in Windows guests.
package windowsshell

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/winrun"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// WindowsShell runs batch scripts with cmd.exe, over SSH; WinRM is not
// supported yet.
type WindowsShell struct {
	script.Options `hcl:",remain"`

	// Path of the script in the guest. Default "c:/Windows/Temp/script.bat".
	RemotePath string `hcl:"remote_path,optional"`
	// Command that runs the script. It can name {{ .Path }}, the script in the
	// guest, and {{ .Vars }}, its variables. Default `{{ .Vars }}"{{ .Path }}"`.
	ExecuteCommand string `hcl:"execute_command,optional" template:"late"`
	// Upload the script as it is; false gives it the line ends of Windows.
	// Default false.
	Binary bool `hcl:"binary,optional"`
	// How long to try to upload the script when the connection breaks, as
	// while the guest reboots. Default "5m".
	StartRetryTimeout time.Duration `hcl:"start_retry_timeout,optional"`

	env provisioners.Env
}

// New makes a windows-shell provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &WindowsShell{
		RemotePath:        "c:/Windows/Temp/script.bat",
		ExecuteCommand:    `{{.Vars}}"{{.Path}}"`,
		StartRetryTimeout: 5 * time.Minute,
		env:               env,
	}
}

// Validate checks the options.
func (w *WindowsShell) Validate() error {
	errs := winrun.Problems(w.Options)
	if w.StartRetryTimeout < 0 {
		errs = append(errs, option.Bad("start_retry_timeout", "%s is negative; use a time such as \"5m\".", w.StartRetryTimeout))
	}
	if w.RemotePath == "" {
		errs = append(errs, option.Bad("remote_path", "It is empty; name a path in the guest, or leave the option out."))
	}
	if _, err := w.command(); err != nil {
		errs = append(errs, option.Bad("execute_command", "%s.", err))
	}
	return errors.Join(errs...)
}

// Inputs are the scripts.
func (w *WindowsShell) Inputs() ([]string, error) { return w.Files(), nil }

// Provision runs the scripts, one after the other, up to the first that fails.
func (w *WindowsShell) Provision(ctx context.Context, g guest.Guest, out *ui.UI) error {
	if err := winrun.Check(g, w.env.Vars["ConnType"]); err != nil {
		return err
	}
	line, err := w.command()
	if err != nil {
		return fmt.Errorf("execute_command: %w", err)
	}
	for _, source := range w.Sources() {
		out.Say("Running %s", source.Name)
		text, err := source.Read()
		if err != nil {
			return err
		}
		if err := winrun.Upload(ctx, g, w.RemotePath, text, w.Binary, w.StartRetryTimeout); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
		if err := winrun.Run(ctx, g, out, line, &w.Options); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
	}
	return nil
}

// command is the command line that runs the script.
func (w *WindowsShell) command() (string, error) {
	vars := w.VarsWith(`set "%s=%s" && `, script.Build{
		Name: w.env.BuildName, Type: w.env.BuilderType,
		HTTPIP: w.env.HTTPIP, HTTPPort: w.env.HTTPPort, HTTPAddr: w.env.HTTPAddr,
	}, func(s string) string { return s })
	data := script.Data(w.env.Vars, map[string]string{"Path": w.RemotePath, "Vars": vars})
	return gotmpl.Render(w.ExecuteCommand, data, gotmpl.Funcs{BuildName: w.env.BuildName, BuildType: w.env.BuilderType, Vars: w.env.Vars})
}
