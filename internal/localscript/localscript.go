// Package localscript runs scripts on the machine that bakes, for the
// provisioner and the post-processor of that purpose.
package localscript

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Options say what to run; a component embeds them with `hcl:",remain"` and
// starts from Defaults.
type Options struct {
	script.Options `hcl:",remain"`

	// One command; the same as inline with one item.
	Command string `hcl:"command,optional"`
	// First line of an inline or command script, without the #!; "" for none.
	// Default "/bin/sh -e".
	InlineShebang string `hcl:"inline_shebang,optional"`
	// Program and arguments that run the script. They can name {{ .Script }},
	// its path, also as {{ .Command }}, and {{ .Vars }}, its variables.
	// Default ["/bin/sh", "-c", "{{ .Vars }} {{ .Script }}"].
	ExecuteCommand []string `hcl:"execute_command,optional" template:"late"`
	// Run only on these systems: "linux", "darwin", "freebsd", "openbsd",
	// "solaris", "windows"; elsewhere the step is skipped. Default all.
	OnlyOn []string `hcl:"only_on,optional"`
	// Extension of the temporary script, such as ".py". Default none.
	TempfileExtension string `hcl:"tempfile_extension,optional"`
	// Write paths as the Windows Subsystem for Linux does; it changes nothing
	// elsewhere, and excludes inline. Default false.
	UseLinuxPathing bool `hcl:"use_linux_pathing,optional"`
}

// Build is what scripts learn of the build.
type Build struct {
	script.Build
	Vars map[string]string // build.* values
}

// Defaults are the options of a template that sets none.
func Defaults() Options {
	return Options{
		InlineShebang:  "/bin/sh -e",
		ExecuteCommand: []string{"/bin/sh", "-c", "{{.Vars}} {{.Script}}"},
	}
}

// Check checks the options, for a build that is known as far as b says.
func (o *Options) Check(b Build) error {
	var errs []error
	if o.Command != "" && (len(o.Inline) > 0 || o.Script != "" || len(o.Scripts) > 0) {
		errs = append(errs, option.Bad("command", "Either command or inline, script or scripts; put all commands in inline."))
	} else {
		scripts := o.scripts()
		errs = append(errs, scripts.Problems()...)
	}
	systems := []string{"darwin", "freebsd", "linux", "openbsd", "solaris", "windows"}
	for _, o := range o.OnlyOn {
		if !slices.Contains(systems, o) {
			errs = append(errs, option.Bad("only_on", "%q is unknown; use any of %s.", o, strings.Join(systems, ", ")))
		}
	}
	if o.UseLinuxPathing && (len(o.Inline) > 0 || o.Command != "") {
		errs = append(errs, option.Bad("use_linux_pathing", "It is for script and scripts, not for inline."))
	}
	if len(o.ExecuteCommand) == 0 {
		errs = append(errs, option.Bad("execute_command", "It is empty; name a program, or leave the option out."))
	} else if _, err := o.argv(b, "/tmp/script"); err != nil {
		errs = append(errs, option.Bad("execute_command", "%s.", err))
	}
	return errors.Join(errs...)
}

// scripts are the options with command as an inline script.
func (o *Options) scripts() script.Options {
	scripts := o.Options
	if o.Command != "" {
		scripts.Inline = []string{o.Command}
	}
	return scripts
}

// Run runs the scripts, one after the other, up to the first that fails.
func (o *Options) Run(ctx context.Context, b Build, out *ui.UI) error {
	if len(o.OnlyOn) > 0 && !slices.Contains(o.OnlyOn, runtime.GOOS) {
		out.Detail("Skipped: only on %s", strings.Join(o.OnlyOn, ", "))
		return nil
	}
	scripts := o.scripts()
	for _, source := range scripts.Sources() {
		if err := o.runOne(ctx, b, out, source); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
	}
	return nil
}

func (o *Options) runOne(ctx context.Context, b Build, out *ui.UI, source script.Source) (err error) {
	name := source.Path
	if name == "" {
		if name, err = o.writeTemp(source.Text); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.Remove(name)) }()
	}
	if name, err = filepath.Abs(name); err != nil {
		return fmt.Errorf("finding the script: %w", err)
	}
	argv, err := o.argv(b, name)
	if err != nil {
		return fmt.Errorf("execute_command: %w", err)
	}
	out.Say("Running %s on this machine", source.Name)
	stdout, stderr := out.Stdout(), out.Stderr()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx,gosec // proc kills the whole group; the user's own command
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = proc.Run(ctx, cmd)
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	return o.judge(ctx, err)
}

// writeTemp makes the script of inline commands.
func (o *Options) writeTemp(text string) (string, error) {
	f, err := os.CreateTemp("", "ovenbird-*"+o.TempfileExtension)
	if err != nil {
		return "", fmt.Errorf("making a temporary script: %w", err)
	}
	if o.InlineShebang != "" {
		text = "#!" + o.InlineShebang + "\n" + text
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(0o700), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("making a temporary script: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// argv is the command that runs the script.
func (o *Options) argv(b Build, name string) ([]string, error) {
	vars := o.Vars("%s='%s' ", b.Build)
	data := script.Data(b.Vars, map[string]string{"Vars": vars, "Script": name, "Command": name})
	funcs := gotmpl.Funcs{BuildName: b.Name, BuildType: b.Type, Vars: b.Vars}
	argv := make([]string, 0, len(o.ExecuteCommand))
	for _, text := range o.ExecuteCommand {
		arg, err := gotmpl.Render(text, data, funcs)
		if err != nil {
			return nil, err
		}
		argv = append(argv, arg)
	}
	return argv, nil
}

// judge tells success from failure; a signal is never success.
func (o *Options) judge(ctx context.Context, err error) error {
	var exit *exec.ExitError
	if err != nil && (ctx.Err() != nil || !errors.As(err, &exit) || exit.ExitCode() < 0) {
		return err
	}
	status := 0
	if exit != nil {
		status = exit.ExitCode()
	}
	if o.Accepts(status) {
		return nil
	}
	if len(o.ValidExitCodes) > 0 {
		return fmt.Errorf("exit status %d; valid_exit_codes are %v", status, o.ValidExitCodes)
	}
	return fmt.Errorf("exit status %d", status)
}
