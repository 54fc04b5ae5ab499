package salt

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// fake is a salt-call that tells what it was given and what is there. A state
// named "bad" fails.
const fake = `#!/bin/sh
echo "args: $*"
find . -type f | sort | sed 's/^/file: /'
case $* in *bad*) exit 2 ;; esac
`

// fakeCurl "downloads" a script that installs the salt-call that lies ready.
const fakeCurl = `#!/bin/sh
echo "curl: $4"
echo 'echo "bootstrap: $*"; mv ready/salt-call bin/' >"$3"
`

func TestProvision(t *testing.T) {
	tests := map[string]struct {
		set     func(*Salt)
		missing bool // Salt in the guest
		err     string
		want    []string
	}{
		"highstate": {want: []string{
			"args: --local state.highstate --file-root=ROOT/srv/salt --pillar-root=ROOT/srv/pillar --retcode-passthrough -l info\n",
			"file: ./srv/salt/top.sls",
		}},
		"all that can be copied": {
			set: func(s *Salt) {
				s.LocalPillarRoots, s.MinionConfig, s.Formulas = "pillar", "minion", []string{"formula/"}
				s.CustomState, s.NoExitOnFailure, s.SaltCallArgs, s.LogLevel = "web,db", true, "test=True", "quiet"
			},
			want: []string{
				"args: --local state.sls web,db --config-dir=ROOT/tmp/salt -l quiet test=True\n", "file: ./srv/pillar/top.sls",
				"file: ./srv/salt/formula/init.sls", "file: ./srv/salt/top.sls", "file: ./tmp/salt/minion",
			},
		},
		"a state fails": {set: func(s *Salt) { s.CustomState = "bad" }, err: "salt-call: exit status 2"},
		"bootstrap": {
			set: func(s *Salt) { s.BootstrapArgs = "-X stable" }, missing: true,
			want: []string{"it downloads https://", "curl: https://", "bootstrap: -X stable", "args: --local"},
		},
		"no bootstrap": {set: func(s *Salt) { s.SkipBootstrap = true }, missing: true, err: "no salt-call in the guest"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := sshtest.Start(t)
			root := server.Root
			server.Env = []string{"PATH=" + root + "/bin:" + os.Getenv("PATH")}
			t.Chdir(t.TempDir())
			call := root + "/bin/salt-call"
			if test.missing {
				call = root + "/ready/salt-call"
			}
			for name, text := range map[string]string{
				call: fake, root + "/bin/curl": fakeCurl, "states/top.sls": "", "pillar/top.sls": "", "formula/init.sls": "", "minion": "",
			} {
				if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(name, []byte(text), 0o755); err != nil { //nolint:gosec // two of them are run
					t.Fatal(err)
				}
			}
			s, _ := New(provisioners.Env{}).(*Salt)
			s.LocalStateTree, s.DisableSudo = "states", true
			s.RemoteStateTree, s.RemotePillarRoots, s.TempConfigDir = root+"/srv/salt", root+"/srv/pillar", root+"/tmp/salt"
			if test.set != nil {
				test.set(s)
			}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			err := s.Provision(t.Context(), server.Connect(t), ui.New(ui.Options{Stderr: &said}).For("b"))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			text := strings.ReplaceAll(said.String(), root, "ROOT")
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
		})
	}
}

func TestValidate(t *testing.T) {
	s, _ := New(provisioners.Env{}).(*Salt)
	s.LocalStateTree = "."
	if err := s.Validate(); err != nil || len(s.Warnings()) != 1 {
		t.Errorf("got %v, warnings %q", err, s.Warnings())
	}
	s.LocalStateTree, s.LocalPillarRoots, s.MinionConfig, s.GrainsFile = "", "none", "none", "."
	s.Formulas, s.LogLevel, s.GuestOSType, s.SkipBootstrap = []string{"git::https://example.com//x", "none"}, "loud", "windows", true
	s.RemoteStateTree, s.RemotePillarRoots, s.TempConfigDir = "srv", "/", ""
	var got []string
	for _, p := range option.Problems(s.Validate()) {
		got = append(got, p.Option)
	}
	want := []string{
		"local_pillar_roots", "minion_config", "grains_file", "local_state_tree", "formulas", "formulas",
		"log_level", "guest_os_type", "remote_state_tree", "remote_pillar_roots", "temp_config_dir",
	}
	if !slices.Equal(got, want) || len(s.Warnings()) != 0 {
		t.Errorf("got %q, want %q", got, want)
	}
}
