// Package ansiblelocal runs playbooks with the ansible-playbook of the guest.
package ansiblelocal

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// AnsibleLocal copies playbooks and what they need to the guest and runs the
// ansible-playbook that is installed there.
type AnsibleLocal struct {
	// Playbook to run, relative to the working directory.
	PlaybookFile string `hcl:"playbook_file,optional"`
	// Playbooks to run one after the other. Those below playbook_dir are run
	// at their place in it.
	PlaybookFiles []string `hcl:"playbook_files,optional"`
	// Directory whose content is copied to the staging directory first.
	PlaybookDir string `hcl:"playbook_dir,optional"`
	// Directories of playbooks, copied to playbooks/ in the staging directory.
	PlaybookPaths []string `hcl:"playbook_paths,optional"`
	// Directories of roles, each copied to roles/ in the staging directory.
	RolePaths []string `hcl:"role_paths,optional"`
	// Directories of collections, each copied to collections/ in the staging
	// directory.
	CollectionPaths []string `hcl:"collection_paths,optional"`
	// Directory of group variables, copied to group_vars/.
	GroupVars string `hcl:"group_vars,optional"`
	// Directory of host variables, copied to host_vars/.
	HostVars string `hcl:"host_vars,optional"`
	// Inventory; it has to name 127.0.0.1. Default one made for the build.
	InventoryFile string `hcl:"inventory_file,optional"`
	// Groups of the inventory made for the build that the guest is in.
	InventoryGroups []string `hcl:"inventory_groups,optional"`
	// Command that runs a playbook, for the guest's shell. Default
	// "PYTHONUNBUFFERED=1 ansible-playbook".
	Command string `hcl:"command,optional"`
	// More arguments of the command, words of the guest's shell. They can
	// name the values of the build, such as {{ .Host }} and {{ build `ID` }}.
	ExtraArguments []string `hcl:"extra_arguments,optional" template:"late"`
	// Directory in the guest for all that is copied. Default one in /tmp.
	StagingDirectory string `hcl:"staging_directory,optional"`
	// Remove the staging directory in the end, also after a failure. Default
	// true for one in /tmp of our own, false for staging_directory.
	CleanStagingDirectory *bool `hcl:"clean_staging_directory,optional"`
	// Requirements file of Ansible Galaxy, installed in the guest first.
	GalaxyFile string `hcl:"galaxy_file,optional"`
	// Command that installs it, for the guest's shell. Default "ansible-galaxy".
	GalaxyCommand string `hcl:"galaxy_command,optional"`
	// Directory in the guest for the roles. Default roles/ in the staging
	// directory.
	GalaxyRolesPath string `hcl:"galaxy_roles_path,optional"`
	// Directory in the guest for the collections. Default collections/ in the
	// staging directory.
	GalaxyCollectionsPath string `hcl:"galaxy_collections_path,optional"`
	// Run it all as this user, through sudo: a name, or true for root. Default
	// the user of the connection.
	Become string `hcl:"become,optional"`

	env provisioners.Env
}

// New makes an ansible-local provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &AnsibleLocal{Command: "PYTHONUNBUFFERED=1 ansible-playbook", GalaxyCommand: "ansible-galaxy", env: env}
}

// Validate checks the options, and that the local files are there.
func (a *AnsibleLocal) Validate() error {
	var errs []error
	errs = append(errs,
		provisioners.CheckPlaybooks(a.PlaybookFile, a.PlaybookFiles),
		provisioners.CheckDirectory("playbook_dir", a.PlaybookDir),
		provisioners.CheckDirectory("playbook_paths", a.PlaybookPaths...),
		provisioners.CheckDirectory("role_paths", a.RolePaths...),
		provisioners.CheckDirectory("collection_paths", a.CollectionPaths...),
		provisioners.CheckDirectory("group_vars", a.GroupVars),
		provisioners.CheckDirectory("host_vars", a.HostVars),
		provisioners.CheckFile("inventory_file", a.InventoryFile),
		provisioners.CheckFile("galaxy_file", a.GalaxyFile),
	)
	if a.InventoryFile != "" && len(a.InventoryGroups) > 0 {
		errs = append(errs, option.Bad("inventory_groups", "They are for the inventory made for the build; put them in inventory_file, or leave that out."))
	}
	if s := a.StagingDirectory; s != "" && (!strings.HasPrefix(s, "/") || s == "/") {
		errs = append(errs, option.Bad("staging_directory", "%q is no directory for this; write an absolute path, such as \"/tmp/ansible\".", s))
	}
	if a.Command == "" {
		errs = append(errs, option.Bad("command", "It is empty; name a program, or leave the option out."))
	}
	if _, err := a.extra(); err != nil {
		errs = append(errs, option.Bad("extra_arguments", "%s.", err))
	}
	return errors.Join(errs...)
}

// Inputs are all that is copied, and what lists the roles to install.
func (a *AnsibleLocal) Inputs() ([]string, error) {
	all := slices.Concat(
		[]string{a.PlaybookDir, a.GroupVars, a.HostVars}, a.PlaybookPaths, a.RolePaths, a.CollectionPaths,
		[]string{a.InventoryFile, a.GalaxyFile}, a.playbooks(),
	)
	return slices.DeleteFunc(all, func(path string) bool { return path == "" }), nil
}

// extra are the additional arguments, with the values of the build.
func (a *AnsibleLocal) extra() (string, error) {
	funcs := gotmpl.Funcs{BuildName: a.env.BuildName, BuildType: a.env.BuilderType, Vars: a.env.Vars}
	return gotmpl.Render(strings.Join(a.ExtraArguments, " "), script.Data(a.env.Vars, nil), funcs)
}

// place is where a playbook is, relative to the staging directory, and whether
// it has to be copied there.
func (a *AnsibleLocal) place(playbook string) (name string, copied bool) {
	if a.PlaybookDir != "" && slices.Contains(a.PlaybookFiles, playbook) {
		if rel, err := filepath.Rel(a.PlaybookDir, playbook); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), false
		}
	}
	return filepath.Base(playbook), true
}

func (a *AnsibleLocal) playbooks() []string {
	if a.PlaybookFile != "" {
		return []string{a.PlaybookFile}
	}
	return a.PlaybookFiles
}

// inventory is the text of the inventory made for the build.
func (a *AnsibleLocal) inventory() string {
	if len(a.InventoryGroups) == 0 {
		return "127.0.0.1\n"
	}
	var b strings.Builder
	for _, g := range a.InventoryGroups {
		fmt.Fprintf(&b, "[%s]\n127.0.0.1\n", g)
	}
	return b.String()
}
