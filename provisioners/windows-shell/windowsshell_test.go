package windowsshell

import (
	"bytes"
	"os"
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

// TestProvision has a guest where sh stands in for cmd.exe.
func TestProvision(t *testing.T) {
	tests := map[string]struct {
		inline []string
		codes  []int
		winrm  bool
		want   string
		err    string
	}{
		"a script":         {inline: []string{"echo first", "echo second"}, want: "second"},
		"fails":            {inline: []string{"exit 3 #"}, err: "inline script: exit status 3"},
		"fails as allowed": {inline: []string{"exit 3 #"}, codes: []int{0, 3}},
		"winrm":            {inline: []string{"echo"}, winrm: true, err: "WinRM is not supported yet"},
	}
	for name, test := range tests {
		s := sshtest.Start(t)
		if err := os.MkdirAll(s.Root+"/c:/Windows/Temp", 0o755); err != nil {
			t.Fatal(err)
		}
		env := provisioners.Env{BuildName: "win", BuilderType: "qemu", Vars: map[string]string{"ConnType": "ssh"}}
		if test.winrm {
			env.Vars["ConnType"] = "winrm"
		}
		w, _ := New(env).(*WindowsShell)
		w.Inline, w.ValidExitCodes = test.inline, test.codes
		w.ExecuteCommand = `{{.Vars}}sh "{{.Path}}"`
		if err := w.Validate(); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		err := w.Provision(t.Context(), s.Connect(t), ui.New(ui.Options{Stderr: &said}).For("b"))
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: got %v, want %q", name, err, test.err)
		}
		if !strings.Contains(said.String(), test.want) {
			t.Errorf("%s: said %q", name, said.String())
		}
		text, _ := os.ReadFile(s.Root + "/c:/Windows/Temp/script.bat")
		if want := strings.Join(test.inline, "\r\n") + "\r\n"; !test.winrm && string(text) != want {
			t.Errorf("%s: the guest has %q, want %q", name, text, want)
		}
	}
}

func TestCommand(t *testing.T) {
	w, _ := New(provisioners.Env{BuildName: "it's", BuilderType: "qemu"}).(*WindowsShell)
	w.Env = map[string]string{"A": "b"}
	want := `set "A=b" && set "PACKER_BUILDER_TYPE=qemu" && set "PACKER_BUILD_NAME=it's" && "c:/Windows/Temp/script.bat"`
	if got, err := w.command(); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestValidate(t *testing.T) {
	w, _ := New(provisioners.Env{}).(*WindowsShell)
	w.ValidExitCodes, w.StartRetryTimeout, w.RemotePath, w.ExecuteCommand = []int{-1, 3010}, -1, "", "{{ .Nope }}"
	var got []string
	for _, p := range option.Problems(w.Validate()) {
		got = append(got, p.Option)
	}
	if want := []string{"", "valid_exit_codes", "start_retry_timeout", "remote_path", "execute_command"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInputs(t *testing.T) {
	scripttest.Inputs(t, func(o script.Options) interface{ Inputs() ([]string, error) } {
		return provisioners.Inputs(&WindowsShell{Options: o})
	})
}
