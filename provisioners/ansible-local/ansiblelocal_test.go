package ansiblelocal

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// fake is an ansible-playbook of the guest: it tells what it was given and what
// is in the staging directory. A playbook with the text "fail" makes it fail.
const fake = `#!/bin/sh
echo "args: $*"
echo "here: $(find . -type f | sort | tr '\n' ' ')"
! grep -q fail "$1"
`

func TestProvision(t *testing.T) {
	yes, no := true, false
	tests := map[string]struct {
		set  func(*AnsibleLocal)
		err  string // in the error
		want []string
		left string // of the staging directory, "" for none of it
	}{
		"a playbook": {want: []string{
			`args: STAGE/site.yml --extra-vars {"packer_build_name":"debian","packer_builder_type":"qemu"} -c local -i STAGE/ovenbird-inventory`,
			"here: ./ovenbird-inventory ./site.yml",
		}},
		"all that can be copied": {
			set: func(a *AnsibleLocal) {
				a.PlaybookFile, a.PlaybookFiles, a.PlaybookDir = "", []string{"tree/plays/a.yml", "site.yml"}, "tree"
				a.RolePaths, a.CollectionPaths, a.PlaybookPaths = []string{"role/"}, []string{"coll"}, []string{"books"}
				a.GroupVars, a.HostVars, a.InventoryFile = "vars", "vars", "hosts"
				a.ExtraArguments = []string{"-e", "'id={{ .ID }} x'"}
			},
			want: []string{
				"args: STAGE/plays/a.yml --extra", "args: STAGE/site.yml --extra", "-e id=VM x -c local -i STAGE/hosts",
				"here: ./collections/coll/f ./group_vars/f ./host_vars/f ./hosts ./playbooks/books/f ./plays/a.yml ./roles/role/f ./site.yml",
			},
		},
		"groups": {
			set: func(a *AnsibleLocal) {
				a.InventoryGroups, a.Command = []string{"web", "db"}, "cat ovenbird-inventory; :"
			},
			want: []string{"[web]\n127.0.0.1\n[db]\n127.0.0.1\n"},
		},
		"galaxy": {
			set: func(a *AnsibleLocal) { a.GalaxyFile, a.GalaxyCommand = "reqs.yml", "echo galaxy:" },
			want: []string{
				"galaxy: role install -r STAGE/reqs.yml -p STAGE/roles", "galaxy: collection install -r STAGE/reqs.yml -p STAGE/collections", "args: ",
			},
		},
		"galaxy fails": {
			set: func(a *AnsibleLocal) { a.GalaxyFile, a.GalaxyCommand = "reqs.yml", "false" },
			err: "installing what reqs.yml lists: exit status 1",
		},
		"a failure":     {set: func(a *AnsibleLocal) { a.PlaybookFile = "bad.yml" }, err: "bad.yml: exit status 1", want: []string{"args: "}},
		"not installed": {set: func(a *AnsibleLocal) { a.Command = "no-ansible" }, want: []string{"no-ansible"}},
		"a directory of one's own stays": {
			set:  func(a *AnsibleLocal) { a.StagingDirectory += "/stage/" },
			want: []string{"args: STAGE/site.yml"}, left: "ovenbird-inventory site.yml",
		},
		"or not": {
			set:  func(a *AnsibleLocal) { a.StagingDirectory += "/stage"; a.CleanStagingDirectory = &yes },
			want: []string{"args: STAGE/site.yml"},
		},
		"as another user": {
			set: func(a *AnsibleLocal) {
				a.Become, a.StagingDirectory = "root", a.StagingDirectory+"/stage"
				a.CleanStagingDirectory = &no
			},
			want: []string{"args: STAGE/site.yml"}, left: "ovenbird-inventory site.yml",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := sshtest.Start(t)
			bin := t.TempDir()
			s.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH")}
			t.Chdir(t.TempDir())
			write(t, bin+"/ansible-playbook", fake)
			for name, text := range map[string]string{
				"site.yml": "ok\n", "bad.yml": "fail\n", "hosts": "127.0.0.1\n", "reqs.yml": "roles:\ncollections:\n",
				"tree/plays/a.yml": "ok\n", "role/f": "", "coll/f": "", "books/f": "", "vars/f": "",
			} {
				write(t, name, text)
			}
			a, _ := New(provisioners.Env{BuildName: "debian", BuilderType: "qemu", Vars: map[string]string{"ID": "VM"}}).(*AnsibleLocal)
			root := t.TempDir()
			a.PlaybookFile = "site.yml"
			if test.set != nil {
				a.StagingDirectory = root
				test.set(a)
				if a.StagingDirectory == root {
					a.StagingDirectory = ""
				}
			}
			if err := a.Validate(); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			err := a.Provision(t.Context(), s.Connect(t), ui.New(ui.Options{Stdout: &said, Stderr: &said}).For("b"))
			text := regexp.MustCompile(`(?m)^ *b: ?`).ReplaceAllString(said.String(), "")
			stage := regexp.MustCompile(`playbooks to (\S+)`).FindStringSubmatch(text)[1]
			text = strings.ReplaceAll(text, stage, "STAGE")
			if name == "not installed" && err != nil {
				text, err = text+err.Error(), nil
				if !strings.Contains(text, "status 127") {
					t.Errorf("got %s", text)
				}
			} else if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			var left []string
			entries, _ := os.ReadDir(stage)
			for _, e := range entries {
				left = append(left, e.Name())
			}
			if got := strings.Join(left, " "); got != test.left {
				t.Errorf("left %q, want %q", got, test.left)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil { //nolint:gosec // some are run
		t.Fatal(err)
	}
}

// TestMissing names the way out when the guest has no Ansible.
func TestMissing(t *testing.T) {
	s := sshtest.Start(t)
	s.Env = []string{"PATH=" + t.TempDir() + ":/bin"}
	if _, err := os.Stat("/bin/ansible-playbook"); err == nil {
		empty := t.TempDir() // only what is needed, without Ansible
		for _, name := range []string{"sh", "rm", "mkdir", "tar", "cat", "chmod", "mv", "wc", "chown"} {
			if err := os.Symlink("/bin/"+name, empty+"/"+name); err != nil {
				t.Fatal(err)
			}
		}
		s.Env = []string{"PATH=" + empty}
	}
	a, _ := New(provisioners.Env{}).(*AnsibleLocal)
	a.PlaybookFile = "run.go"
	err := a.Provision(t.Context(), s.Connect(t), &ui.UI{})
	if err == nil || !strings.Contains(err.Error(), "no Ansible in the guest") {
		t.Errorf("got %v", err)
	}
	if err := a.Provision(t.Context(), nil, &ui.UI{}); err == nil {
		t.Error("no guest is no problem")
	}
}

func TestValidate(t *testing.T) {
	tests := map[string]struct {
		set  AnsibleLocal
		want []string // options to blame
	}{
		"a playbook":   {AnsibleLocal{PlaybookFile: "run.go"}, nil},
		"nothing":      {AnsibleLocal{}, []string{"playbook_file"}},
		"both forms":   {AnsibleLocal{PlaybookFile: "run.go", PlaybookFiles: []string{"run.go"}}, []string{"playbook_files"}},
		"no command":   {AnsibleLocal{PlaybookFile: "run.go", Command: "-"}, []string{"command"}},
		"bad template": {AnsibleLocal{PlaybookFile: "run.go", ExtraArguments: []string{"{{ .Nope }}"}}, []string{"extra_arguments"}},
		"all at once": {
			AnsibleLocal{
				PlaybookFile: "none", PlaybookDir: "run.go", PlaybookPaths: []string{"none"}, RolePaths: []string{"none"}, CollectionPaths: []string{"none"},
				GroupVars: "none", HostVars: "none", InventoryFile: "none", InventoryGroups: []string{"g"}, GalaxyFile: ".", StagingDirectory: "x",
			},
			[]string{"playbook_file", "playbook_dir", "playbook_paths", "role_paths", "collection_paths", "group_vars", "host_vars", "inventory_file", "galaxy_file", "inventory_groups", "staging_directory"},
		},
	}
	for name, test := range tests {
		a := test.set
		if a.Command = "x"; test.set.Command == "-" {
			a.Command = ""
		}
		var got []string
		for _, p := range option.Problems(a.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
