package shell

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/script/scripttest"
	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

func testEnv() provisioners.Env {
	return provisioners.Env{
		BuildName: "debian", BuilderType: "qemu", HTTPIP: "10.0.2.2", HTTPPort: "0",
		Vars: map[string]string{"ID": "VM", "Password": "pw"},
	}
}

func newShell(dir string) *Shell {
	s, _ := New(testEnv()).(*Shell)
	s.RemoteFolder = dir
	return s
}

func connect(t *testing.T) (*sshtest.Server, *sshguest.Client) {
	t.Helper()
	server := sshtest.Start(t)
	return server, server.Connect(t)
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestProvision runs scripts that write what they see to ./out in the guest.
func TestProvision(t *testing.T) {
	tests := map[string]struct {
		set  func(t *testing.T, s *Shell)
		out  string // what the scripts wrote
		want string // of the error
	}{
		"inline is one script": {set: func(_ *testing.T, s *Shell) { s.Inline = []string{"x=1", "echo $x >out"} }, out: "1\n"},
		"inline stops at the first failure": {
			set:  func(_ *testing.T, s *Shell) { s.Inline = []string{"false", "echo no >out"} },
			want: "inline script: exit status 1",
		},
		"own shebang": {
			set: func(_ *testing.T, s *Shell) { s.Inline = []string{"#!/bin/sh", "false", "echo on >out"} }, out: "on\n",
		},
		"inline_shebang": {
			set: func(_ *testing.T, s *Shell) { s.InlineShebang, s.Inline = "/bin/sh", []string{"false", "echo on >out"} }, out: "on\n",
		},
		"scripts in order": {
			set: func(t *testing.T, s *Shell) {
				s.Scripts = []string{write(t, "a", "#!/bin/sh\necho a >>out\n"), write(t, "b", "#!/bin/sh\necho b >>out\n")}
			},
			out: "a\nb\n",
		},
		"a failed script is named": {
			set:  func(t *testing.T, s *Shell) { s.Script = write(t, "setup.sh", "#!/bin/sh\nexit 3\n") },
			want: "/setup.sh: exit status 3",
		},
		"windows line ends": {
			set: func(t *testing.T, s *Shell) { s.Script = write(t, "a", "#!/bin/sh\r\necho a >out\r\n") }, out: "a\n",
		},
		"valid_exit_codes": {
			set: func(_ *testing.T, s *Shell) {
				s.ValidExitCodes, s.Inline = []int{0, 7}, []string{"echo 7 >out", "exit 7"}
			}, out: "7\n",
		},
		"invalid exit code": {
			set:  func(_ *testing.T, s *Shell) { s.ValidExitCodes, s.Inline = []int{7}, []string{"exit 0"} },
			want: "inline script: exit status 0; valid_exit_codes are [7]",
		},
		"variables": {
			set: func(_ *testing.T, s *Shell) {
				s.EnvironmentVars, s.Env = []string{"A=1", "B=x"}, map[string]string{"B": "it's"}
				s.Inline = []string{`echo "$A $B $PACKER_BUILD_NAME $PACKER_BUILDER_TYPE $PACKER_HTTP_IP $PACKER_HTTP_PORT ${PACKER_HTTP_ADDR-none}" >out`}
			},
			out: "1 it's debian qemu 10.0.2.2 0 none\n",
		},
		"variables in a file": {
			set: func(_ *testing.T, s *Shell) {
				s.UseEnvVarFile, s.Env = true, map[string]string{"A": "a b"}
				s.Inline = []string{`echo "$A $PACKER_BUILD_NAME" >out`}
			},
			out: "a b debian\n",
		},
		"execute_command": {
			set: func(_ *testing.T, s *Shell) {
				s.ExecuteCommand = "echo '{{build `ID`}} {{.ID}}' >out; {{.Vars}} sh -e {{.Path}}"
				s.Inline = []string{"echo $PACKER_BUILD_NAME >>out"}
			},
			out: "VM VM\ndebian\n",
		},
		"become": {
			set: func(_ *testing.T, s *Shell) { s.Become, s.Inline = "true", []string{"id -u >out; cat >>out"} }, out: "0\n",
		},
		"ended by a shutdown": {
			set: func(_ *testing.T, s *Shell) {
				s.ExpectDisconnect, s.Inline = true, []string{"echo x >out", "kill -TERM $$"}
			}, out: "x\n",
		},
		"ended by somebody": {
			set:  func(_ *testing.T, s *Shell) { s.Inline = []string{"kill -TERM $$"} },
			want: "inline script: exit status 143",
		},
		"expect_disconnect forgives no failure": {
			set:  func(_ *testing.T, s *Shell) { s.ExpectDisconnect, s.Inline = true, []string{"exit 4"} },
			want: "inline script: exit status 4",
		},
		"remote_folder is missing": {
			set:  func(_ *testing.T, s *Shell) { s.RemoteFolder, s.Inline = "/nowhere", []string{"true"} },
			want: "inline script: uploading to /nowhere/script_",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, c := connect(t)
			s := newShell(server.Root)
			test.set(t, s)
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			err := s.Provision(t.Context(), c, &ui.UI{})
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
			if out, _ := os.ReadFile(server.Root + "/out"); string(out) != test.out {
				t.Errorf("got %q, want %q", out, test.out)
			}
			if left, _ := filepath.Glob(server.Root + "/*.sh"); test.want == "" && name != "ended by a shutdown" && len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	}
}

func TestRoundTrips(t *testing.T) {
	server, c := connect(t)
	s := newShell(server.Root)
	s.Scripts = []string{write(t, "a", "#!/bin/sh\n"), write(t, "b", "#!/bin/sh\n")}
	if err := s.Provision(t.Context(), c, &ui.UI{}); err != nil {
		t.Fatal(err)
	}
	if n := server.Sessions(); n != 4 {
		t.Errorf("two scripts took %d round trips, want 4", n)
	}
}

func TestDisconnect(t *testing.T) {
	for _, expected := range []bool{false, true} {
		server, c := connect(t)
		s := newShell(server.Root)
		s.ExpectDisconnect = expected
		s.Inline = []string{"touch running", "sleep 30"}
		done := make(chan error, 1)
		go func() { done <- s.Provision(t.Context(), c, &ui.UI{}) }()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if _, err := os.Stat(server.Root + "/running"); err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("the script does not start")
			}
		}
		server.RefuseHandshakes(2)
		server.Drop()
		err := <-done
		if expected && err != nil {
			t.Errorf("expected: got %v", err)
		}
		if !expected && (!errors.Is(err, guest.ErrLost) || !strings.Contains(err.Error(), "inline script: connection to the guest was lost")) {
			t.Errorf("not expected: got %v", err)
		}
		next := newShell(server.Root)
		next.Inline = []string{"echo on"}
		if err := next.Provision(t.Context(), c, &ui.UI{}); err != nil {
			t.Errorf("the next step: %v", err)
		}
	}
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		set  func(s *Shell)
		want []string // options to blame
	}{
		"nothing":         {func(*Shell) {}, []string{""}},
		"inline":          {func(s *Shell) { s.Inline = []string{"true"} }, nil},
		"both":            {func(s *Shell) { s.Inline, s.Script = []string{"true"}, "shell.go" }, []string{"inline"}},
		"script, scripts": {func(s *Shell) { s.Script, s.Scripts = "shell.go", []string{"shell.go"} }, []string{"script"}},
		"missing":         {func(s *Shell) { s.Scripts = []string{"no", "nor"} }, []string{"scripts", "scripts"}},
		"directory":       {func(s *Shell) { s.Script = "." }, []string{"script"}},
		"all at once": {func(s *Shell) {
			s.Inline, s.EnvironmentVars, s.EnvVarFormat = []string{"true"}, []string{"A", "=b", "C=d"}, "%s"
			s.ValidExitCodes, s.ExecuteCommand, s.RemoteFile = []int{-1, 256}, "{{.Nope}}", "a/b"
			s.PauseAfter, s.StartRetryTimeout, s.Env = -1, -1, map[string]string{"": "x"}
		}, []string{
			"environment_vars", "environment_vars", "env", "env_var_format", "valid_exit_codes", "valid_exit_codes",
			"start_retry_timeout", "pause_after", "remote_file", "execute_command",
		}},
	}
	for name, test := range tests {
		s := newShell("/tmp")
		test.set(s)
		var got []string
		for _, p := range option.Problems(s.Validate()) {
			got = append(got, p.Option)
		}
		if strings.Join(got, " ") != strings.Join(test.want, " ") || len(got) != len(test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestInputs(t *testing.T) {
	scripttest.Inputs(t, func(o script.Options) interface{ Inputs() ([]string, error) } {
		return provisioners.Inputs(&Shell{Options: o})
	})
}
