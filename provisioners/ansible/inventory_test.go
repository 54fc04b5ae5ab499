package ansible

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/sshlogin"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

func newAnsible() *Ansible {
	vars := map[string]string{"Host": "10.0.0.1", "Port": "2222", "User": "root", "ID": "VM"}
	a, _ := New(provisioners.Env{BuildName: "debian", BuilderType: "qemu", Vars: vars}).(*Ansible)
	return a
}

func TestInventory(t *testing.T) {
	no := false
	tests := map[string]struct {
		set  func(*Ansible)
		want string
	}{
		"alone":        {func(*Ansible) {}, "default ansible_host=10.0.0.1 ansible_user=root ansible_port=2222\n"},
		"in groups":    {func(a *Ansible) { a.Groups = []string{"web", "db"} }, "default ansible_host=10.0.0.1 ansible_user=root ansible_port=2222\n[web]\ndefault\n[db]\ndefault\n"},
		"empty groups": {func(a *Ansible) { a.HostAlias, a.EmptyGroups = "h", []string{"none"} }, "h ansible_host=10.0.0.1 ansible_user=root ansible_port=2222\n[none]\n"},
		"a template":   {func(a *Ansible) { a.InventoryFileTemplate = "{{ .HostAlias }} h={{ .Host }} id={{ .ID }}\n" }, "default h=10.0.0.1 id=VM\n"},
		"other user":   {func(a *Ansible) { a.User, a.UseProxy, a.InventoryFileTemplate = "joe", &no, "{{ .User }}" }, "joe\n"},
		"only checked": {func(a *Ansible) { a.env.Vars = nil }, "default ansible_host=<unknown> ansible_user=<unknown> ansible_port=<unknown>\n"},
	}
	for name, test := range tests {
		a := newAnsible()
		test.set(a)
		if got, err := a.inventory(); err != nil || got != test.want {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, test.want)
		}
	}
}

func TestWriteInventory(t *testing.T) {
	dir, err := scratch.New(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Remove() })
	own, kept := t.TempDir(), t.TempDir()
	tests := map[string]struct {
		set   func(*Ansible)
		where string // the inventory's directory
		stays bool
	}{
		"in the scratch directory": {func(*Ansible) {}, dir.Path, true}, // it goes with that
		"in one's own directory":   {func(a *Ansible) { a.InventoryDirectory = own }, own, false},
		"kept":                     {func(a *Ansible) { a.InventoryDirectory, a.KeepInventoryFile = kept, true }, kept, true},
		"one's own inventory":      {func(a *Ansible) { a.InventoryFile = own + "/hosts" }, own, false},
	}
	for name, test := range tests {
		a := newAnsible()
		test.set(a)
		path, remove, err := a.writeInventory(dir)
		if err != nil || filepath.Dir(path) != test.where {
			t.Errorf("%s: got %s, %v", name, path, err)
			continue
		}
		if err := remove(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); (err == nil) != test.stays {
			t.Errorf("%s: afterwards %v", name, err)
		}
	}
	a := newAnsible()
	a.InventoryDirectory = own + "/none"
	if _, _, err := a.writeInventory(dir); err == nil {
		t.Error("a missing directory was written to")
	}
}

func TestEnvironment(t *testing.T) {
	dir, err := scratch.New(t.TempDir(), "x")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Remove() })
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		t.Setenv(name, "")
	}
	pinned := sshlogin.Files{KeyFile: "/k", KnownFile: "/known", Login: sshlogin.Login{User: "root", Port: "2222"}}
	tests := map[string]struct {
		files sshlogin.Files
		set   func(*Ansible)
		want  []string
	}{
		"pinned":             {pinned, nil, []string{"ANSIBLE_HOST_KEY_CHECKING=True", "ANSIBLE_PRIVATE_KEY_FILE=/k", "LC_ALL=C.UTF-8", "UserKnownHostsFile=/known"}},
		"an unknown host":    {sshlogin.Files{KeyFile: "/k"}, nil, []string{"ANSIBLE_HOST_KEY_CHECKING=False", "StrictHostKeyChecking=no"}},
		"relative paths":     {pinned, func(a *Ansible) { a.RolesPath = "/a/../roles" }, []string{"ANSIBLE_ROLES_PATH=/roles"}},
		"one's own wins":     {pinned, func(a *Ansible) { a.EnvVars = []string{"ANSIBLE_HOST_KEY_CHECKING={{ .ID }}"} }, []string{"\nANSIBLE_HOST_KEY_CHECKING=VM\n"}},
		"one's own hosts":    {pinned, func(a *Ansible) { a.InventoryFile = "x" }, []string{"ANSIBLE_REMOTE_USER=root", "ANSIBLE_REMOTE_PORT=2222"}},
		"facts of the build": {pinned, nil, []string{"PACKER_BUILD_NAME=debian", "PACKER_BUILDER_TYPE=qemu"}},
	}
	for name, test := range tests {
		a := newAnsible()
		if test.set != nil {
			test.set(a)
		}
		env, err := a.environment(dir, test.files, &ui.UI{})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(env, "\n") + "\n"
		for _, want := range test.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %q", name, want, text)
			}
		}
	}
}

func TestMeaning(t *testing.T) {
	for status, want := range map[int]string{0: "", 1: "bad playbook", 2: "task", 3: "", 4: "reached", 5: "arguments", 250: "inside"} {
		if got := meaning(status); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%d: got %q, want %q", status, got, want)
		}
	}
}
