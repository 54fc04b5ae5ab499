// Package shelllocal runs scripts on the machine that bakes.
package shelllocal

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
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// ShellLocal runs scripts on the machine that bakes; it needs no connection to
// the guest.
type ShellLocal struct {
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

	env provisioners.Env
}

// New makes a shell-local provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &ShellLocal{
		InlineShebang:  "/bin/sh -e",
		ExecuteCommand: []string{"/bin/sh", "-c", "{{.Vars}} {{.Script}}"},
		env:            env,
	}
}

// Validate checks the options.
func (s *ShellLocal) Validate() error {
	var errs []error
	if s.Command != "" && (len(s.Inline) > 0 || s.Script != "" || len(s.Scripts) > 0) {
		errs = append(errs, option.Bad("command", "Either command or inline, script or scripts; put all commands in inline."))
	} else {
		scripts := s.scripts()
		errs = append(errs, scripts.Problems()...)
	}
	systems := []string{"darwin", "freebsd", "linux", "openbsd", "solaris", "windows"}
	for _, o := range s.OnlyOn {
		if !slices.Contains(systems, o) {
			errs = append(errs, option.Bad("only_on", "%q is unknown; use any of %s.", o, strings.Join(systems, ", ")))
		}
	}
	if s.UseLinuxPathing && (len(s.Inline) > 0 || s.Command != "") {
		errs = append(errs, option.Bad("use_linux_pathing", "It is for script and scripts, not for inline."))
	}
	if len(s.ExecuteCommand) == 0 {
		errs = append(errs, option.Bad("execute_command", "It is empty; name a program, or leave the option out."))
	} else if _, err := s.argv("/tmp/script"); err != nil {
		errs = append(errs, option.Bad("execute_command", "%s.", err))
	}
	return errors.Join(errs...)
}

// scripts are the options with command as an inline script.
func (s *ShellLocal) scripts() script.Options {
	o := s.Options
	if s.Command != "" {
		o.Inline = []string{s.Command}
	}
	return o
}

// Local says that no guest is needed.
func (*ShellLocal) Local() {}

// Provision runs the scripts, one after the other, up to the first that fails.
func (s *ShellLocal) Provision(ctx context.Context, _ guest.Guest, out *ui.UI) error {
	if len(s.OnlyOn) > 0 && !slices.Contains(s.OnlyOn, runtime.GOOS) {
		out.Detail("Skipped: only on %s", strings.Join(s.OnlyOn, ", "))
		return nil
	}
	scripts := s.scripts()
	for _, source := range scripts.Sources() {
		if err := s.runOne(ctx, out, source); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
	}
	return nil
}

func (s *ShellLocal) runOne(ctx context.Context, out *ui.UI, source script.Source) (err error) {
	name := source.Path
	if name == "" {
		if name, err = s.writeTemp(source.Text); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.Remove(name)) }()
	}
	if name, err = filepath.Abs(name); err != nil {
		return fmt.Errorf("finding the script: %w", err)
	}
	argv, err := s.argv(name)
	if err != nil {
		return fmt.Errorf("execute_command: %w", err)
	}
	out.Detail("Running %s on this machine", source.Name)
	stdout, stderr := out.Stdout(), out.Stderr()
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx,gosec // proc kills the whole group; the user's own command
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = proc.Run(ctx, cmd)
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	return s.judge(ctx, err)
}

// writeTemp makes the script of inline commands.
func (s *ShellLocal) writeTemp(text string) (string, error) {
	f, err := os.CreateTemp("", "ovenbird-*"+s.TempfileExtension)
	if err != nil {
		return "", fmt.Errorf("making a temporary script: %w", err)
	}
	if s.InlineShebang != "" {
		text = "#!" + s.InlineShebang + "\n" + text
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Chmod(0o700), f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("making a temporary script: %w", err), os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// argv is the command that runs the script.
func (s *ShellLocal) argv(name string) ([]string, error) {
	vars := s.Vars("%s='%s' ", script.Build{
		Name: s.env.BuildName, Type: s.env.BuilderType,
		HTTPIP: s.env.HTTPIP, HTTPPort: s.env.HTTPPort, HTTPAddr: s.env.HTTPAddr,
	})
	data := script.Data(s.env.Vars, map[string]string{"Vars": vars, "Script": name, "Command": name})
	funcs := gotmpl.Funcs{BuildName: s.env.BuildName, BuildType: s.env.BuilderType, Vars: s.env.Vars}
	argv := make([]string, 0, len(s.ExecuteCommand))
	for _, text := range s.ExecuteCommand {
		arg, err := gotmpl.Render(text, data, funcs)
		if err != nil {
			return nil, err
		}
		argv = append(argv, arg)
	}
	return argv, nil
}

// judge tells success from failure; a signal is never success.
func (s *ShellLocal) judge(ctx context.Context, err error) error {
	var exit *exec.ExitError
	if err != nil && (ctx.Err() != nil || !errors.As(err, &exit) || exit.ExitCode() < 0) {
		return err
	}
	status := 0
	if exit != nil {
		status = exit.ExitCode()
	}
	if s.Accepts(status) {
		return nil
	}
	if len(s.ValidExitCodes) > 0 {
		return fmt.Errorf("exit status %d; valid_exit_codes are %v", status, s.ValidExitCodes)
	}
	return fmt.Errorf("exit status %d", status)
}
