package ansible

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// fake is an ansible-playbook that enters the guest as Ansible would, and tells
// what it was given. A playbook with the text "fail" makes it fail.
const fake = `#!/bin/sh
playbook= inventory=
while [ $# -gt 0 ]; do
	echo "arg: $1"
	case $1 in --inventory) inventory=$2 ;; esac
	playbook=$1; shift
done
cat "$inventory" 2>/dev/null
env | grep -E '^(MINE|ANSIBLE_(HOST|REMOTE|ROLES)|PACKER_BUILD|ANSIBLE_SSH_TRANSFER|ANSIBLE_[A-Z]*_PASSWORD)' | sort
port=$(sed -n 's/.*ansible_port=\([0-9]*\).*/\1/p' "$inventory")
eval "ssh -o BatchMode=yes -o ControlMaster=auto -o ControlPersist=60 -o ControlPath=$ANSIBLE_SSH_CONTROL_PATH_DIR/%C \
	$ANSIBLE_SSH_COMMON_ARGS -i $ANSIBLE_PRIVATE_KEY_FILE -p ${port:-$ANSIBLE_REMOTE_PORT} tester@127.0.0.1 'echo in the guest'" || exit 4
ls "$ANSIBLE_SSH_CONTROL_PATH_DIR" | sed 's/.*/a connection stays/'
! grep -q fail "$playbook" || exit 2
`

// bench is a guest, and a directory with what a template names.
type bench struct {
	server *sshtest.Server
	guest  guest.Guest
	env    provisioners.Env
	dir    string
	tmp    string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	s := sshtest.Start(t)
	key, err := sshkey.New("", 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	s.Key = key.Signer
	host, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{server: s, guest: s.Connect(t), dir: t.TempDir()}
	if b.tmp, err = os.MkdirTemp("/tmp", "o-"); err != nil { // short: ssh has sockets below
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(b.tmp) })
	t.Setenv("TMPDIR", b.tmp)
	t.Chdir(b.dir)
	for name, text := range map[string]string{
		"site.yml": "- hosts: all\n", "bad.yml": "fail\n", "ansible-playbook": fake, "hosts": "mine ansible_host=127.0.0.1\n",
		"requirements.yml": "roles: []\ncollections: []\n", "ansible-galaxy": "#!/bin/sh\necho \"galaxy: $*\"\n",
		"galaxy-fails": "#!/bin/sh\necho no network; exit 1\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil { //nolint:gosec // two of them are run
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", b.dir+":"+os.Getenv("PATH"))
	b.env = provisioners.Env{
		BuildName: "debian", BuilderType: "qemu", HTTPAddr: "10.0.2.2:0",
		Vars: map[string]string{"ConnType": "ssh", "Host": host, "Port": port, "User": sshtest.User, "SSHPrivateKey": key.PEM, "ID": "VM"},
	}
	return b
}

func TestProvision(t *testing.T) {
	no := false
	tests := map[string]struct {
		set  func(*Ansible)
		err  string // the end of the error
		want []string
		not  []string
	}{
		"a playbook": {
			want: []string{
				`arg: {"packer_build_name":"debian","packer_builder_type":"qemu","packer_http_addr":"10.0.2.2:0"}`,
				"arg: site.yml", "default ansible_host=127.0.0.1 ansible_user=tester ansible_port=",
				"in the guest", "a connection stays", "ANSIBLE_HOST_KEY_CHECKING=True", "PACKER_BUILD_NAME=debian",
			},
			not: []string{"REMOTE_PORT", "PASSWORD"},
		},
		"playbooks, groups": {
			set: func(a *Ansible) {
				a.PlaybookFile, a.PlaybookFiles = "", []string{"site.yml", "site.yml"}
				a.HostAlias, a.Groups, a.EmptyGroups, a.Limit = "web", []string{"g"}, []string{"none"}, "g"
			},
			want: []string{"arg: site.yml\narg: site.yml", "web ansible_host", "[g]\nweb\n[none]\n", "arg: --limit\narg: g\n"},
		},
		"more arguments": {
			set: func(a *Ansible) {
				a.ExtraArguments = []string{"-e", "id={{ .ID }} {{ build `User` }}", "-vv"}
				a.SSHExtraArgs, a.EnvVars = []string{"-o", "X=y"}, []string{"MINE={{ .ID }}", "ANSIBLE_HOST_KEY_CHECKING=mine"}
			},
			want: []string{"arg: id=VM tester\narg: -vv", "arg: --ssh-extra-args=-o X=y", "MINE=VM", "CHECKING=mine"},
		},
		"a line of one's own": {
			set: func(a *Ansible) {
				a.InventoryFileTemplate = "me x={{ .HostAlias }} ansible_port={{ .Port }} {{ .User }}@{{ .Host }}\n"
			},
			want: []string{"me x=default ansible_port=", "tester@127.0.0.1", "in the guest"},
		},
		"an inventory of one's own": {
			set:  func(a *Ansible) { a.InventoryFile = "hosts" },
			want: []string{"arg: hosts", "mine ansible_host", "ANSIBLE_REMOTE_USER=tester", "ANSIBLE_REMOTE_PORT=", "in the guest"},
		},
		"inventory directory": {
			set:  func(a *Ansible) { a.InventoryDirectory = "." },
			want: []string{"arg: ./ovenbird-inventory-", "in the guest"},
		},
		"another user": {
			set:  func(a *Ansible) { a.User, a.UseProxy = "joe", &no },
			want: []string{"ansible_user=joe"},
		},
		"a user for the proxy": {
			set:  func(a *Ansible) { a.User = "joe" },
			want: []string{"ansible_user=tester"},
		},
		"a password for sudo": {
			set:  func(a *Ansible) { a.env.Vars["Password"] = "secret" },
			want: []string{"ANSIBLE_BECOME_PASSWORD_FILE="},
			not:  []string{"secret"},
		},
		"galaxy": {
			set:  func(a *Ansible) { a.GalaxyFile, a.RolesPath, a.UseSFTP = "requirements.yml", "roles", true },
			want: []string{"galaxy: role install -r requirements.yml -p roles\n", "galaxy: collection install", "/roles", "METHOD=sftp", "in the guest"},
		},
		"galaxy fails": {
			set:  func(a *Ansible) { a.GalaxyFile, a.GalaxyCommand = "requirements.yml", "galaxy-fails" },
			err:  "installing what requirements.yml lists: galaxy-fails: exit status 1",
			want: []string{"no network"},
			not:  []string{"in the guest"},
		},
		"a task fails": {
			set:  func(a *Ansible) { a.PlaybookFile = "bad.yml" },
			err:  "ansible-playbook: exit status 2 (a task failed)",
			want: []string{"in the guest"},
		},
		"another machine answers": {
			set: func(a *Ansible) { a.env.Vars["Port"] = "1" },
			err: "ansible-playbook: exit status 4 (the guest could not be reached, or the playbook could not be read)",
		},
		"not installed": {
			set: func(a *Ansible) { a.Command = "ansible-of-mine" },
			err: "needs it in the guest only",
		},
		"winrm": {
			set: func(a *Ansible) { a.env.Vars["ConnType"] = "winrm" },
			err: "Ansible is supported over SSH only",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			a, _ := New(b.env).(*Ansible)
			a.PlaybookFile = "site.yml"
			if test.set != nil {
				test.set(a)
			}
			if err := a.Validate(); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			err := a.Provision(t.Context(), b.guest, ui.New(ui.Options{Stdout: &said, Stderr: &said}).For("b"))
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.HasSuffix(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			text := regexp.MustCompile(`(?m)^ *b: ?`).ReplaceAllString(said.String(), "")
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			for _, not := range test.not {
				if strings.Contains(text, not) {
					t.Errorf("%q in\n%s", not, text)
				}
			}
			left, _ := filepath.Glob(b.dir + "/ovenbird-*")
			if more, _ := os.ReadDir(b.tmp); len(left)+len(more) > 0 {
				t.Errorf("left behind: %v %v", left, more)
			}
		})
	}
}

// bare is a guest in which nothing can be found.
type bare struct{ guest.Guest }

func (bare) Run(context.Context, guest.Command) error { return &guest.ExitError{Status: 2} }

// TestHints sees what is added when a guest cannot be used.
func TestHints(t *testing.T) {
	b := newBench(t)
	a, _ := New(b.env).(*Ansible)
	a.PlaybookFile, a.KeepInventoryFile = "bad.yml", true
	err := a.Provision(t.Context(), bare{b.guest}, &ui.UI{})
	if err == nil || !strings.Contains(err.Error(), "no Python in the guest") {
		t.Errorf("without Python: %v", err)
	}
	if kept, _ := filepath.Glob(b.tmp + "/ovenbird-inventory-*"); len(kept) != 1 {
		t.Errorf("kept: %v", kept)
	}
	if err := a.Provision(t.Context(), nil, &ui.UI{}); err == nil {
		t.Error("no guest is no problem")
	}
	b.env.Vars["SSHPrivateKey"], b.env.Vars["Password"] = "", "secret"
	t.Setenv("PATH", b.dir) // without sshpass
	if err := a.Provision(t.Context(), b.guest, &ui.UI{}); err == nil || !strings.Contains(err.Error(), "needs sshpass") {
		t.Errorf("with a password: %v", err)
	}
}

func TestCancel(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile("ansible-playbook", []byte("#!/bin/sh\nsleep 60\n"), 0o755); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	a, _ := New(b.env).(*Ansible)
	a.PlaybookFile = "site.yml"
	if err := a.Provision(ctx, b.guest, &ui.UI{}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(b.tmp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestValidate(t *testing.T) {
	yes := true
	tests := map[string]struct {
		set  Ansible
		want []string // options to blame
		warn int
	}{
		"a playbook":    {Ansible{PlaybookFile: "ansible.go", InventoryFile: "localhost,"}, nil, 0},
		"nothing":       {Ansible{}, []string{"playbook_file"}, 0},
		"both forms":    {Ansible{PlaybookFile: "ansible.go", PlaybookFiles: []string{"run.go"}}, []string{"playbook_files"}, 0},
		"missing files": {Ansible{PlaybookFiles: []string{"a", "b"}, GalaxyFile: "c", InventoryFile: "d", InventoryDirectory: "run.go"}, []string{"playbook_files", "playbook_files", "galaxy_file", "inventory_directory", "inventory_file"}, 0},
		"bad values":    {Ansible{PlaybookFile: "run.go", HostAlias: "a b", EnvVars: []string{"X"}, LocalPort: -1}, []string{"host_alias", "ansible_env_vars", "local_port"}, 1},
		"bad templates": {Ansible{PlaybookFile: "run.go", InventoryFileTemplate: "{{ .Nope }}", ExtraArguments: []string{"{{"}, EnvVars: []string{"A={{ .Nope }}"}}, []string{"inventory_file_template", "extra_arguments", "ansible_env_vars"}, 0},
		"Packer's proxy": {Ansible{
			PlaybookFile: "run.go", UseProxy: &yes, User: "joe", LocalPort: 2222, SFTPCommand: "/x", ProxyHost: "h", InventoryFile: "run.go", Groups: []string{"g"},
		}, nil, 4},
	}
	for name, test := range tests {
		a := test.set
		a.Command = "ansible-playbook"
		if a.HostAlias == "" {
			a.HostAlias = "default"
		}
		var got []string
		for _, p := range option.Problems(a.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if w := a.Warnings(); len(w) != test.warn {
			t.Errorf("%s: warnings %q", name, w)
		}
	}
}
