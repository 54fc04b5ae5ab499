package powershell

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/script/scripttest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// fake is a powershell that tells its arguments and what it would run, removes
// what it is told to, and ends as the script says.
const fake = `#!/bin/sh
echo "$(basename "$0"): $*"
case $* in *Remove-Item*) rm c:/Windows/Temp/*; exit ;; esac
cat c:/Windows/Temp/*
! grep -q 'exit 3' c:/Windows/Temp/script* || exit 3
`

func TestProvision(t *testing.T) {
	tests := map[string]struct {
		set  func(*PowerShell)
		err  string
		want []string
		left int // files in the guest
	}{
		"inline": {
			set: func(p *PowerShell) { p.Inline, p.Env = []string{"Write-Output hi"}, map[string]string{"A": "$x`\"y"} },
			want: []string{
				"powershell: -NoProfile -NonInteractive -ExecutionPolicy bypass & {", ". 'c:/Windows/Temp/ovenbird-env-", "&'c:/Windows/Temp/script-",
				"try {\r\n", "Write-Output hi\r\n", "$env:A=\"`$x```\"y\"; $env:PACKER_BUILDER_TYPE=\"qemu\"; ",
			},
		},
		"a file": {
			set:  func(p *PowerShell) { p.Script, p.SkipClean = "a.ps1", true },
			want: []string{"from a file"}, left: 2,
		},
		"pwsh": {
			set: func(p *PowerShell) {
				p.Inline, p.UsePwsh, p.ExecutionPolicy, p.DebugMode = []string{"x"}, true, "none", 2
			},
			want: []string{"pwsh: -NoProfile -NonInteractive -Command & {", "Set-PSDebug -Trace 2"},
		},
		"a command of one's own": {
			set: func(p *PowerShell) {
				p.Inline, p.ExecuteCommand = []string{"x"}, "powershell mine {{.Path}} {{.Vars}} {{.ID}}"
			},
			want: []string{"powershell: mine c:/Windows/Temp/script-", ".ps1 VM"},
		},
		"fails":         {set: func(p *PowerShell) { p.Inline = []string{"exit 3"} }, err: "inline script: exit status 3"},
		"fails, but ok": {set: func(p *PowerShell) { p.Inline, p.ValidExitCodes = []string{"exit 3"}, []int{3} }},
		"elevated":      {set: func(p *PowerShell) { p.Inline, p.ElevatedUser = []string{"x"}, "SYSTEM" }, err: "elevated_user is not supported yet"},
		"winrm":         {set: func(p *PowerShell) { p.Inline = []string{"x"}; p.env.Vars["ConnType"] = "winrm" }, err: "WinRM is not supported yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, bin := sshtest.Start(t), t.TempDir()
			s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
			t.Chdir(t.TempDir())
			if err := os.MkdirAll(s.Root+"/c:/Windows/Temp", 0o755); err != nil {
				t.Fatal(err)
			}
			for name, text := range map[string]string{bin + "/powershell": fake, bin + "/pwsh": fake, "a.ps1": "from a file\n"} {
				if err := os.WriteFile(name, []byte(text), 0o755); err != nil { //nolint:gosec // two of them are run
					t.Fatal(err)
				}
			}
			p, _ := New(provisioners.Env{BuildName: "win", BuilderType: "qemu", Vars: map[string]string{"ConnType": "ssh", "ID": "VM"}}).(*PowerShell)
			test.set(p)
			if err := p.Validate(); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			err := p.Provision(t.Context(), s.Connect(t), ui.New(ui.Options{Stderr: &said}).For("b"))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			for _, want := range test.want {
				if text := strings.TrimSuffix(want, "\r\n"); !strings.Contains(said.String(), text) {
					t.Errorf("no %q in\n%s", text, said.String())
				}
			}
			if left, _ := filepath.Glob(s.Root + "/c:/Windows/Temp/*"); len(left) != test.left {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	p, _ := New(provisioners.Env{}).(*PowerShell)
	p.ExecutionPolicy, p.DebugMode, p.ElevatedPassword, p.ElevatedEnvVarFormat = "never", 3, "x", "%s"
	p.StartRetryTimeout, p.PauseAfter, p.ExecuteCommand, p.ElevatedExecuteCommand = -1, -1, "{{", "{{ .Nope }}"
	var got []string
	for _, problem := range option.Problems(p.Validate()) {
		got = append(got, problem.Option)
	}
	want := []string{
		"", "execution_policy", "debug_mode", "elevated_user", "elevated_env_var_format",
		"start_retry_timeout", "pause_after", "execute_command", "elevated_execute_command",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInputs(t *testing.T) {
	scripttest.Inputs(t, func(o script.Options) interface{ Inputs() ([]string, error) } {
		return provisioners.Inputs(&PowerShell{Options: o})
	})
}
