// Package powershell runs PowerShell scripts in Windows guests.
package powershell

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/winrun"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// PowerShell runs scripts with PowerShell, over SSH; WinRM is not supported
// yet. Over SSH, set ssh_file_transfer_method = "sftp" for a Windows guest.
type PowerShell struct {
	script.Options `hcl:",remain"`

	// Path of the script in the guest. Default one in c:/Windows/Temp.
	RemotePath string `hcl:"remote_path,optional"`
	// Path in the guest of the file with the variables. Default one in
	// c:/Windows/Temp.
	RemoteEnvVarPath string `hcl:"remote_env_var_path,optional"`
	// How one variable is written with elevated_user. Default env_var_format.
	ElevatedEnvVarFormat string `hcl:"elevated_env_var_format,optional"`
	// Command that runs the script. It can name {{ .Path }}, the script in the
	// guest, and {{ .Vars }}, the file with its variables. Default PowerShell
	// with the execution policy, which reads the variables and runs the script.
	ExecuteCommand string `hcl:"execute_command,optional" template:"late"`
	// The same with elevated_user.
	ElevatedExecuteCommand string `hcl:"elevated_execute_command,optional" template:"late"`
	// User that runs the script, in a scheduled task of its own; service
	// accounts such as "SYSTEM" need no password. Default the user of the
	// connection.
	ElevatedUser string `hcl:"elevated_user,optional"`
	// Password of that user. Default none.
	ElevatedPassword string `hcl:"elevated_password,optional"`
	// Execution policy: "bypass", "allsigned", "default", "remotesigned",
	// "restricted", "undefined", "unrestricted", or "none" to leave it as it
	// is. Default "bypass".
	ExecutionPolicy string `hcl:"execution_policy,optional"`
	// Run pwsh, PowerShell 6 and later. Default false: powershell.
	UsePwsh bool `hcl:"use_pwsh,optional"`
	// Trace the script: 0 not, 1 its lines, 2 variables, too. Default 0.
	DebugMode int `hcl:"debug_mode,optional"`
	// Upload the script as it is; false gives it the line ends of Windows.
	// Default false.
	Binary bool `hcl:"binary,optional"`
	// Leave the script and the variables in the guest. Default false.
	SkipClean bool `hcl:"skip_clean,optional"`
	// How long to try to upload the script when the connection breaks, as
	// while the guest reboots. Default "5m".
	StartRetryTimeout time.Duration `hcl:"start_retry_timeout,optional"`
	// Pause after the last script, such as "10s". Default none.
	PauseAfter time.Duration `hcl:"pause_after,optional"`

	env provisioners.Env
}

// New makes a powershell provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &PowerShell{ExecutionPolicy: "bypass", StartRetryTimeout: 5 * time.Minute, env: env}
}

// Validate checks the options.
func (p *PowerShell) Validate() error {
	errs := winrun.Problems(p.Options)
	policies := []string{"allsigned", "bypass", "default", "none", "remotesigned", "restricted", "undefined", "unrestricted"}
	if !slices.Contains(policies, strings.ToLower(p.ExecutionPolicy)) {
		errs = append(errs, option.Bad("execution_policy", "%q is unknown; use one of %s.", p.ExecutionPolicy, strings.Join(policies, ", ")))
	}
	if p.DebugMode < 0 || p.DebugMode > 2 {
		errs = append(errs, option.Bad("debug_mode", "%d is unknown; use 0, 1 or 2.", p.DebugMode))
	}
	if p.ElevatedPassword != "" && p.ElevatedUser == "" {
		errs = append(errs, option.Bad("elevated_user", "It is required with elevated_password."))
	}
	if f := p.ElevatedEnvVarFormat; f != "" && strings.Count(strings.ReplaceAll(f, "%%", ""), "%s") != 2 {
		errs = append(errs, option.Bad("elevated_env_var_format", "%q must have two %%s, for the name and the value.", f))
	}
	if p.StartRetryTimeout < 0 {
		errs = append(errs, option.Bad("start_retry_timeout", "%s is negative; use a time such as \"5m\".", p.StartRetryTimeout))
	}
	if p.PauseAfter < 0 {
		errs = append(errs, option.Bad("pause_after", "%s is negative; use a time such as \"10s\".", p.PauseAfter))
	}
	for _, o := range []struct{ name, text string }{
		{"execute_command", p.ExecuteCommand}, {"elevated_execute_command", p.ElevatedExecuteCommand},
	} {
		if _, err := p.render(o.text, "", ""); err != nil {
			errs = append(errs, option.Bad(o.name, "%s.", err))
		}
	}
	return errors.Join(errs...)
}

// Inputs are the scripts.
func (p *PowerShell) Inputs() ([]string, error) { return p.Files(), nil }
