package powershell

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/winrun"
)

// cleanLimit is how long the removal of our files may take.
const cleanLimit = time.Minute

// Provision runs the scripts, one after the other, up to the first that fails.
func (p *PowerShell) Provision(ctx context.Context, g guest.Guest, out *ui.UI) error {
	if err := winrun.Check(g, p.env.Vars["ConnType"]); err != nil {
		return err
	}
	if p.ElevatedUser != "" {
		return errors.New("elevated_user is not supported yet: nothing runs scripts in scheduled tasks; log in as an administrator, whose SSH sessions are elevated, and leave it out")
	}
	id := rand.Text()[:12]
	path, vars := p.RemotePath, p.RemoteEnvVarPath
	if path == "" {
		path = "c:/Windows/Temp/script-" + id + ".ps1"
	}
	if vars == "" {
		vars = "c:/Windows/Temp/ovenbird-env-" + id + ".ps1"
	}
	if !p.SkipClean {
		defer p.clean(ctx, g, out, path, vars)
	}
	line, err := p.command(path, vars)
	if err != nil {
		return fmt.Errorf("execute_command: %w", err)
	}
	if err := winrun.Upload(ctx, g, vars, []byte(p.vars()), false, p.StartRetryTimeout); err != nil {
		return fmt.Errorf("writing the variables: %w", err)
	}
	for _, source := range p.Sources() {
		out.Say("Running %s", source.Name)
		text, err := source.Read()
		if err != nil {
			return err
		}
		if source.Path == "" {
			text = []byte(wrap(string(text)))
		}
		if err := winrun.Upload(ctx, g, path, text, p.Binary, p.StartRetryTimeout); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
		if err := winrun.Run(ctx, g, out, line, &p.Options); err != nil {
			return fmt.Errorf("%s: %w", source.Name, err)
		}
	}
	return winrun.Pause(ctx, p.PauseAfter)
}

// wrap makes an error of inline commands fail the script; otherwise the status
// is that of the last program they ran.
func wrap(text string) string {
	return "$ErrorActionPreference = 'Stop'\n$global:LASTEXITCODE = 0\ntry {\n" + text +
		"} catch {\n\t[Console]::Error.WriteLine(($_ | Out-String))\n\texit 1\n}\nexit $global:LASTEXITCODE\n"
}

// vars is the script that sets the variables.
func (p *PowerShell) vars() string {
	return p.VarsWith(`$env:%s="%s"; `, script.Build{
		Name: p.env.BuildName, Type: p.env.BuilderType,
		HTTPIP: p.env.HTTPIP, HTTPPort: p.env.HTTPPort, HTTPAddr: p.env.HTTPAddr,
	}, escape) + "\n"
}

// escape makes a value safe between the double quotes of PowerShell.
func escape(s string) string {
	return strings.NewReplacer("`", "``", "$", "`$", `"`, "`\"").Replace(s)
}

// command is the command line that runs the script.
func (p *PowerShell) command(path, vars string) (string, error) {
	text := p.ExecuteCommand
	if text == "" {
		body := "& { $ProgressPreference='SilentlyContinue'; "
		if p.DebugMode > 0 {
			body += fmt.Sprintf("Set-PSDebug -Trace %d; ", p.DebugMode)
		}
		text = p.shell() + ` "` + body + `. {{.Vars}}; &{{.Path}}; exit $LastExitCode }"`
		path, vars = winrun.Quote(path), winrun.Quote(vars)
	}
	return p.render(text, path, vars)
}

// shell is the program and its options.
func (p *PowerShell) shell() string {
	program := "powershell"
	if p.UsePwsh {
		program = "pwsh"
	}
	program += " -NoProfile -NonInteractive"
	if policy := strings.ToLower(p.ExecutionPolicy); policy != "none" {
		program += " -ExecutionPolicy " + policy
	}
	if p.UsePwsh {
		program += " -Command" // pwsh takes a first argument for a file
	}
	return program
}

func (p *PowerShell) render(text, path, vars string) (string, error) {
	data := script.Data(p.env.Vars, map[string]string{"Path": path, "Vars": vars})
	return gotmpl.Render(text, data, gotmpl.Funcs{BuildName: p.env.BuildName, BuildType: p.env.BuilderType, Vars: p.env.Vars})
}

// clean removes what was uploaded, as far as the guest lets us.
func (p *PowerShell) clean(ctx context.Context, g guest.Guest, out *ui.UI, paths ...string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit) // the variables may be secrets
	defer cancel()
	var quoted []string
	for _, path := range paths {
		quoted = append(quoted, winrun.Quote(path))
	}
	line := p.shell() + ` "Remove-Item -Force -ErrorAction SilentlyContinue ` + strings.Join(quoted, ",") + `"`
	if err := g.Run(ctx, guest.Command{Line: line, Stdout: io.Discard, Stderr: io.Discard}); err != nil && ctx.Err() == nil {
		out.Detail("Not removed from the guest: %s (%s)", strings.Join(paths, ", "), err.Error())
	}
}
