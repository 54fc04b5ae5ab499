package salt

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// rig is a Salt with states, and a guest that has the programs of /bin named
// and those given as scripts.
func rig(t *testing.T, programs []string, scripts map[string]string) (*Salt, guest.Guest, string) {
	t.Helper()
	server := sshtest.Start(t)
	root := server.Root
	server.Env = []string{"PATH=" + root + "/bin"}
	t.Chdir(t.TempDir())
	errs := []error{os.Mkdir(root+"/bin", 0o755), os.Mkdir("states", 0o755), os.WriteFile("states/top.sls", nil, 0o600)}
	for _, p := range programs {
		errs = append(errs, os.Symlink("/bin/"+p, root+"/bin/"+p))
	}
	for name, text := range scripts {
		errs = append(errs, os.WriteFile(root+"/bin/"+name, []byte(text), 0o755)) //nolint:gosec // they are run
	}
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s, _ := New(provisioners.Env{}).(*Salt)
	s.LocalStateTree, s.DisableSudo = "states", true
	s.RemoteStateTree, s.RemotePillarRoots, s.TempConfigDir = root+"/srv/salt", root+"/srv/pillar", root+"/tmp/salt"
	return s, server.Connect(t), root
}

// basics are the programs that any guest has.
func basics() []string {
	return []string{"sh", "rm", "mkdir", "tar", "cat", "chmod", "mv", "wc", "chown", "mktemp", "find", "sort", "sed"}
}

// TestDownload takes what the guest has to download Salt's script with.
func TestDownload(t *testing.T) {
	const script = `'echo "bootstrap: $*"; printf "#!/bin/sh\necho applied\n" >bin/salt-call; chmod +x bin/salt-call'`
	for name, c := range map[string]struct {
		scripts map[string]string
		want    []string
		err     string
	}{
		"wget":      {scripts: map[string]string{"wget": "#!/bin/sh\necho \"wget: $*\"; echo " + script + " >$2\n"}, want: []string{"wget: -qO /tmp/", "https://", "bootstrap: -P", "applied"}},
		"Python":    {scripts: map[string]string{"python3": "#!/bin/sh\necho \"python: $3\"; echo " + script + " >$4\n"}, want: []string{"python: https://", "bootstrap: -P", "applied"}},
		"a failure": {scripts: map[string]string{"curl": "#!/bin/sh\nexit 6\n"}, want: []string{"cannot download https://", "skip_bootstrap"}, err: "installing Salt: exit status 1"},
		"nothing":   {want: []string{"cannot download https://"}, err: "installing Salt: exit status 1"},
		"its script fails": {
			scripts: map[string]string{"curl": "#!/bin/sh\necho 'echo no such distribution; exit 7' >$3\n"}, want: []string{"no such distribution"}, err: "installing Salt: exit status 7",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, g, _ := rig(t, basics(), c.scripts)
			s.BootstrapArgs = "-P"
			var said bytes.Buffer
			err := s.Provision(t.Context(), g, ui.New(ui.Options{Stderr: &said}).For("b"))
			if c.err == "" && err != nil || c.err != "" && (err == nil || err.Error() != c.err) {
				t.Errorf("got %v, want %q", err, c.err)
			}
			for _, want := range c.want {
				if !strings.Contains(said.String(), want) {
					t.Errorf("no %q in\n%s", want, said.String())
				}
			}
		})
	}
}

// TestStatesAreReplaced runs twice: what is no longer among the states and the
// pillar is not applied, and other files of the guest stay.
func TestStatesAreReplaced(t *testing.T) {
	s, g, root := rig(t, basics(), map[string]string{"salt-call": fake})
	s.LocalPillarRoots = "states"
	write := func(name string) {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("states/old.sls")
	for _, renamed := range []bool{false, true} {
		if renamed {
			if err := os.Rename("states/old.sls", "states/new.sls"); err != nil {
				t.Fatal(err)
			}
			write(root + "/srv/mine")
		}
		if err := s.Provision(t.Context(), g, &ui.UI{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, there := range map[string]bool{"salt/new.sls": true, "salt/top.sls": true, "pillar/new.sls": true, "salt/old.sls": false, "pillar/old.sls": false, "mine": true} {
		if _, err := os.Stat(root + "/srv/" + name); (err == nil) != there {
			t.Errorf("%s is there: %t", name, err == nil)
		}
	}
}

func TestWithoutAGuest(t *testing.T) {
	if err := New(provisioners.Env{}).Provision(t.Context(), nil, &ui.UI{}); err == nil || !strings.Contains(err.Error(), "no connection") {
		t.Errorf("got %v", err)
	}
}
