// Package shell runs scripts in the guest.
package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Shell runs scripts in the guest, as the user of the connection or another.
type Shell struct {
	script.Options `hcl:",remain"`

	// Run the scripts as this user, through sudo: a name, or true for root.
	// Default the user of the connection.
	Become string `hcl:"become,optional"`
	// First line of an inline script, without the #!. Default "/bin/sh -e".
	InlineShebang string `hcl:"inline_shebang,optional"`
	// Command that runs the script. It can name {{ .Path }}, the script in the
	// guest, {{ .Vars }}, its variables, and {{ .EnvVarFile }}. Default
	// "chmod +x {{ .Path }}; {{ .Vars }} {{ .Path }}".
	ExecuteCommand string `hcl:"execute_command,optional" template:"late"`
	// Put the variables in a file that is read before the script runs, rather
	// than on its command line. Default false.
	UseEnvVarFile bool `hcl:"use_env_var_file,optional"`
	// Upload the script as it is; false turns Windows line ends into Unix
	// ones. Default false.
	Binary bool `hcl:"binary,optional"`
	// Directory in the guest for the script. Default "/tmp".
	RemoteFolder string `hcl:"remote_folder,optional"`
	// Name of the script in the guest. Default script_NUMBER.sh.
	RemoteFile string `hcl:"remote_file,optional"`
	// Path of the script in the guest. Default remote_folder and remote_file.
	RemotePath string `hcl:"remote_path,optional"`
	// How long to try to upload the script when the connection breaks, as
	// while the guest reboots. Default "5m".
	StartRetryTimeout time.Duration `hcl:"start_retry_timeout,optional"`
	// Leave the script in the guest. Default false.
	SkipClean bool `hcl:"skip_clean,optional"`
	// The connection may break while a script runs, as when it reboots the
	// guest: what comes next waits for the guest. Default false.
	ExpectDisconnect bool `hcl:"expect_disconnect,optional"`
	// Pause after the last script, such as "10s". Default none.
	PauseAfter time.Duration `hcl:"pause_after,optional"`

	env provisioners.Env
}

// retryPause is the time between two tries to upload.
const retryPause = 2 * time.Second

// New makes a shell provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &Shell{
		InlineShebang:     "/bin/sh -e",
		RemoteFolder:      "/tmp",
		StartRetryTimeout: 5 * time.Minute,
		env:               env,
	}
}

// Validate checks the options.
func (s *Shell) Validate() error {
	errs := s.Problems()
	if s.StartRetryTimeout < 0 {
		errs = append(errs, option.Bad("start_retry_timeout", "%s is negative; use a time such as \"5m\".", s.StartRetryTimeout))
	}
	if s.PauseAfter < 0 {
		errs = append(errs, option.Bad("pause_after", "%s is negative; use a time such as \"10s\".", s.PauseAfter))
	}
	if strings.Contains(s.RemoteFile, "/") {
		errs = append(errs, option.Bad("remote_file", "%q is a path; use remote_folder or remote_path.", s.RemoteFile))
	}
	if _, err := s.command("/tmp/script.sh", "/tmp/vars.sh"); err != nil {
		errs = append(errs, option.Bad("execute_command", "%s.", err))
	}
	return errors.Join(errs...)
}

// Inputs are the scripts.
func (s *Shell) Inputs() ([]string, error) { return s.Files(), nil }

// Provision runs the scripts, one after the other, up to the first that fails.
func (s *Shell) Provision(ctx context.Context, g guest.Guest, out *ui.UI) error {
	if g == nil {
		return errors.New("there is no connection to the guest: communicator is \"none\"")
	}
	n := rand.IntN(10000) //nolint:gosec // a file name, no secret
	path, varFile := s.remotePath(n), ""
	if s.UseEnvVarFile {
		varFile = fmt.Sprintf("%s/varfile_%04d.sh", strings.TrimRight(s.RemoteFolder, "/"), n)
		vars := s.Vars("export %s='%s'\n", s.build())
		o := guest.FileOptions{Mode: 0o600, Become: s.become()}
		if err := s.upload(ctx, g, varFile, []byte(vars), o); err != nil {
			return err
		}
	}
	line, err := s.command(path, varFile)
	if err != nil {
		return fmt.Errorf("execute_command: %w", err)
	}
	for _, source := range s.Sources() {
		if err := s.runOne(ctx, g, out, source, path, line); err != nil {
			return err
		}
	}
	if varFile != "" && !s.SkipClean {
		rm := s.become().Command(guest.Command{Line: "rm -f " + guest.Quote(varFile)})
		if err := g.Run(ctx, rm); err != nil {
			return fmt.Errorf("removing %s: %w", varFile, err)
		}
	}
	return pause(ctx, s.PauseAfter)
}

func (s *Shell) become() guest.Become { return guest.ParseBecome(s.Become, s.env.Vars["Password"]) }

func (s *Shell) build() script.Build {
	return script.Build{
		Name: s.env.BuildName, Type: s.env.BuilderType,
		HTTPIP: s.env.HTTPIP, HTTPPort: s.env.HTTPPort, HTTPAddr: s.env.HTTPAddr,
	}
}

func (s *Shell) remotePath(n int) string {
	if s.RemotePath != "" {
		return s.RemotePath
	}
	name := s.RemoteFile
	if name == "" {
		name = fmt.Sprintf("script_%04d.sh", n)
	}
	return strings.TrimRight(s.RemoteFolder, "/") + "/" + name
}

// command is the command line that runs the script.
func (s *Shell) command(path, varFile string) (string, error) {
	text := s.ExecuteCommand
	switch {
	case text != "":
	case varFile != "" && s.UseEnvVarFile:
		text = "chmod +x {{.Path}}; . {{.EnvVarFile}} && {{.Path}}"
	default:
		text = "chmod +x {{.Path}}; {{.Vars}} {{.Path}}"
	}
	if s.ExecuteCommand == "" && s.become().User != "" {
		text = strings.TrimPrefix(text, "chmod +x {{.Path}}; ") // not theirs; the upload made it executable
	}
	vars := ""
	if !s.UseEnvVarFile {
		vars = s.Vars("%s='%s' ", s.build())
	}
	data := script.Data(s.env.Vars, map[string]string{"Path": path, "Vars": vars, "EnvVarFile": varFile})
	return gotmpl.Render(text, data, gotmpl.Funcs{BuildName: s.env.BuildName, BuildType: s.env.BuilderType, Vars: s.env.Vars})
}

// runOne takes two round trips: the upload, then the run and the clean-up.
func (s *Shell) runOne(ctx context.Context, g guest.Guest, out *ui.UI, source script.Source, path, line string) error {
	out.Say("Running %s", source.Name)
	text, err := source.Read()
	if err != nil {
		return err
	}
	if source.Path == "" && (!bytes.HasPrefix(text, []byte("#!")) || s.InlineShebang != "/bin/sh -e") {
		text = append([]byte("#!"+s.InlineShebang+"\n"), text...)
	}
	if !s.Binary {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	if err := s.upload(ctx, g, path, text, guest.FileOptions{Mode: 0o755}); err != nil {
		return fmt.Errorf("%s: %w", source.Name, err)
	}
	stdout, stderr := out.Stdout(), out.Stderr()
	cmd := s.become().Command(guest.Command{Line: line, Stdout: stdout, Stderr: stderr})
	cmd.Line += s.cleanup(path)
	err = g.Run(ctx, cmd)
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	return s.judge(ctx, g, source.Name, err)
}

// cleanup removes the script when it ended well, and keeps its exit status.
func (s *Shell) cleanup(path string) string {
	if s.SkipClean {
		return ""
	}
	good := strings.ReplaceAll(strings.Trim(fmt.Sprint(s.Accepted()), "[]"), " ", "|")
	return fmt.Sprintf("\nst=$?; case $st in %s) rm -f %s;; esac; exit $st", good, guest.Quote(path))
}

// mayDisconnect says whether the script may take the connection down; Packer's
// templates also say it with its status for that.
func (s *Shell) mayDisconnect() bool {
	return s.ExpectDisconnect || len(s.ValidExitCodes) > 0 && s.Accepts(script.Disconnected)
}

// judge tells success from failure.
func (s *Shell) judge(ctx context.Context, g guest.Guest, name string, err error) error {
	var exit *guest.ExitError
	switch {
	case guest.IsLost(err) && s.mayDisconnect():
		return nil
	case s.mayDisconnect() && errors.As(err, &exit) && isShutdown(exit):
		return guest.Settle(ctx, g)
	case guest.IsLost(err):
		return fmt.Errorf("%s: %w; set expect_disconnect = true if the script reboots the guest", name, err)
	case errors.As(err, &exit) && (exit.Signal != "" || !s.Accepts(exit.Status)),
		err == nil && !s.Accepts(0):
		if exit == nil {
			exit = &guest.ExitError{}
		}
		if len(s.ValidExitCodes) > 0 {
			return fmt.Errorf("%s: %w; valid_exit_codes are %v", name, exit, s.ValidExitCodes)
		}
		return fmt.Errorf("%s: %w", name, exit)
	case err != nil && exit == nil:
		return fmt.Errorf("%s: %w", name, err)
	}
	if s.mayDisconnect() {
		return guest.Settle(ctx, g)
	}
	return nil
}

// isShutdown tells a script that the init system ended as the guest went down:
// the news of it can be faster than the end of the connection.
func isShutdown(exit *guest.ExitError) bool {
	return exit.Signal == "TERM" || exit.Signal == "HUP" || exit.Status == 128+15 || exit.Status == 128+1
}

// upload tries anew while the connection breaks; a guest that answers with a
// failure will do so again.
func (s *Shell) upload(ctx context.Context, g guest.Guest, name string, data []byte, o guest.FileOptions) error {
	deadline := time.Now().Add(s.StartRetryTimeout)
	for {
		var err error
		if o.Become.User == "" {
			err = g.Upload(ctx, name, o.Mode, bytes.NewReader(data))
		} else {
			err = guest.UploadFile(ctx, g, name, bytes.NewReader(data), o)
		}
		if err == nil || !guest.IsLost(err) || time.Now().After(deadline) {
			return err
		}
		if err := pause(ctx, retryPause); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
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
