// Package ansible runs playbooks with the ansible-playbook of this machine.
package ansible

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Ansible runs the ansible-playbook of this machine against the guest's own
// SSH server, with an inventory made for the build. There is no proxy between.
type Ansible struct {
	// Playbook to run, relative to the working directory.
	PlaybookFile string `hcl:"playbook_file,optional"`
	// Playbooks to run in one go, relative to the working directory.
	PlaybookFiles []string `hcl:"playbook_files,optional"`
	// Program to run. Default "ansible-playbook".
	Command string `hcl:"command,optional"`
	// More arguments of the program. They can name the values of the build,
	// such as {{ .Host }} and {{ build `ID` }}.
	ExtraArguments []string `hcl:"extra_arguments,optional" template:"late"`
	// More arguments of ssh, such as "-o IdentitiesOnly=yes".
	SSHExtraArgs []string `hcl:"ansible_ssh_extra_args,optional"`
	// Variables of Ansible's environment, each as "NAME=value". They win over
	// those that are set here to find the guest.
	EnvVars []string `hcl:"ansible_env_vars,optional" template:"late"`

	// User to log in as; only with use_proxy = false, as Packer's proxy logs
	// in as the build does, whatever this says. Default the build's user.
	User string `hcl:"user,optional"`
	// Name of the guest in the inventory. Default "default".
	HostAlias string `hcl:"host_alias,optional"`
	// Groups of the inventory that the guest is in.
	Groups []string `hcl:"groups,optional"`
	// Groups of the inventory without hosts.
	EmptyGroups []string `hcl:"empty_groups,optional"`
	// Inventory of your own, in place of the one made for the build. The
	// guest's address, key and user come from the environment, unless it says
	// otherwise.
	InventoryFile string `hcl:"inventory_file,optional"`
	// The guest's line in the inventory. It can name {{ .HostAlias }},
	// {{ .Host }}, {{ .Port }} and {{ .User }}. Default
	// "{{ .HostAlias }} ansible_host={{ .Host }} ansible_user={{ .User }} ansible_port={{ .Port }}".
	InventoryFileTemplate string `hcl:"inventory_file_template,optional" template:"late"`
	// Directory for the inventory, whose group_vars and host_vars then count.
	// Default a temporary directory.
	InventoryDirectory string `hcl:"inventory_directory,optional"`
	// Leave the inventory there after the run. Default false.
	KeepInventoryFile bool `hcl:"keep_inventory_file,optional"`
	// Hosts and groups to run on, a pattern of Ansible's. Default all.
	Limit string `hcl:"limit,optional"`

	// Requirements file of Ansible Galaxy to install first.
	GalaxyFile string `hcl:"galaxy_file,optional"`
	// Program that installs it. Default "ansible-galaxy".
	GalaxyCommand string `hcl:"galaxy_command,optional"`
	// Install what is there already, too. Default false.
	GalaxyForceInstall bool `hcl:"galaxy_force_install,optional"`
	// The same, with what it depends on. Default false.
	GalaxyForceWithDeps bool `hcl:"galaxy_force_with_deps,optional"`
	// Directory that roles are installed to and found in. Default Ansible's.
	RolesPath string `hcl:"roles_path,optional"`
	// Directory that collections are installed to and found in. Default
	// Ansible's.
	CollectionsPath string `hcl:"collections_path,optional"`

	// Accepted for Packer's templates: no version of Ansible is refused.
	SkipVersionCheck bool `hcl:"skip_version_check,optional"`
	// Accepted for Packer's templates: Ansible always talks to the guest's own
	// SSH server. false also makes user count.
	UseProxy *bool `hcl:"use_proxy,optional"`
	// Accepted for Packer's templates, where it is the port of the proxy.
	LocalPort int `hcl:"local_port,optional"`
	// Accepted for Packer's templates, where it is the proxy's host key.
	SSHHostKeyFile string `hcl:"ssh_host_key_file,optional"`
	// Accepted for Packer's templates, where it is a key for the proxy.
	SSHAuthorizedKeyFile string `hcl:"ssh_authorized_key_file,optional"`
	// Accepted for Packer's templates, where it is the kind of the proxy's key.
	ProxyKeyType string `hcl:"ansible_proxy_key_type,optional"`
	// Accepted for Packer's templates, where it is the proxy's address.
	ProxyBindAddress string `hcl:"ansible_proxy_bind_address,optional"`
	// Accepted for Packer's templates, where it is the proxy's name.
	ProxyHost string `hcl:"ansible_proxy_host,optional"`
	// Accepted for Packer's templates, where the proxy starts it; files travel
	// over the guest's own SFTP server.
	SFTPCommand string `hcl:"sftp_command,optional"`
	// true copies files over SFTP only. Default Ansible's choice.
	UseSFTP bool `hcl:"use_sftp,optional"`
	// Accepted for Packer's templates; there is no WinRM yet.
	WinRMUseHTTP bool `hcl:"ansible_winrm_use_http,optional"`

	env provisioners.Env
}

// New makes an ansible provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &Ansible{Command: "ansible-playbook", GalaxyCommand: "ansible-galaxy", HostAlias: "default", env: env}
}

// Validate checks the options, and that the local files are there.
func (a *Ansible) Validate() error {
	var errs []error
	errs = append(errs,
		provisioners.CheckPlaybooks(a.PlaybookFile, a.PlaybookFiles),
		provisioners.CheckFile("galaxy_file", a.GalaxyFile),
		provisioners.CheckDirectory("inventory_directory", a.InventoryDirectory),
	)
	if a.InventoryFile != "" && !strings.Contains(a.InventoryFile, ",") { // "host," is an inventory, too
		if _, err := os.Stat(a.InventoryFile); err != nil {
			errs = append(errs, option.Bad("inventory_file", "%s does not exist; paths are relative to the working directory.", a.InventoryFile))
		}
	}
	if a.Command == "" {
		errs = append(errs, option.Bad("command", "It is empty; name a program, or leave the option out."))
	}
	if a.HostAlias == "" || strings.ContainsAny(a.HostAlias, " \t\n") {
		errs = append(errs, option.Bad("host_alias", "%q is no name for a host; use one word.", a.HostAlias))
	}
	for _, v := range a.EnvVars {
		if k, _, ok := strings.Cut(v, "="); !ok || k == "" {
			errs = append(errs, option.Bad("ansible_env_vars", "%q is no variable; write \"NAME=value\".", v))
		}
	}
	if a.LocalPort < 0 || a.LocalPort > 65535 {
		errs = append(errs, option.Bad("local_port", "%d is no port; use 1 to 65535, or leave it out.", a.LocalPort))
	}
	if _, err := a.inventory(); err != nil {
		errs = append(errs, option.Bad("inventory_file_template", "%s.", err))
	}
	if _, err := a.renderAll(a.ExtraArguments); err != nil {
		errs = append(errs, option.Bad("extra_arguments", "%s.", err))
	}
	if _, err := a.renderAll(a.EnvVars); err != nil {
		errs = append(errs, option.Bad("ansible_env_vars", "%s.", err))
	}
	return errors.Join(errs...)
}

// Warnings tells what has no effect here.
func (a *Ansible) Warnings() []string {
	var all []string
	if a.UseProxy != nil && *a.UseProxy {
		all = append(all, "use_proxy is not needed: Ansible talks to the guest's own SSH server.")
	}
	if proxy := a.proxyOptions(); len(proxy) > 0 {
		all = append(all, fmt.Sprintf("There is no proxy between Ansible and the guest, so this has no effect: %s.", strings.Join(proxy, ", ")))
	}
	if a.User != "" && (a.UseProxy == nil || *a.UseProxy) {
		all = append(all, "user has no effect: Ansible logs in as the build does, as it did through Packer's proxy. Set use_proxy = false to log in as that user.")
	}
	if a.InventoryFile != "" && (a.InventoryFileTemplate != "" || len(a.Groups)+len(a.EmptyGroups) > 0) {
		all = append(all, "With inventory_file, these have no effect: groups, empty_groups, inventory_file_template.")
	}
	return all
}

// proxyOptions are the options set that are for Packer's proxy.
func (a *Ansible) proxyOptions() []string {
	var set []string
	for _, o := range []struct {
		name string
		set  bool
	}{
		{"local_port", a.LocalPort != 0},
		{"ssh_host_key_file", a.SSHHostKeyFile != ""},
		{"ssh_authorized_key_file", a.SSHAuthorizedKeyFile != ""},
		{"ansible_proxy_key_type", a.ProxyKeyType != ""},
		{"ansible_proxy_bind_address", a.ProxyBindAddress != ""},
		{"ansible_proxy_host", a.ProxyHost != ""},
		{"sftp_command", a.SFTPCommand != ""},
	} {
		if o.set {
			set = append(set, o.name)
		}
	}
	return set
}

func (a *Ansible) playbooks() []string {
	if a.PlaybookFile != "" {
		return []string{a.PlaybookFile}
	}
	return a.PlaybookFiles
}

// user is who Ansible logs in as.
func (a *Ansible) user() string {
	if a.User != "" && a.UseProxy != nil && !*a.UseProxy {
		return a.User
	}
	return a.env.Vars["User"]
}

func (a *Ansible) render(text string, values map[string]string) (string, error) {
	funcs := gotmpl.Funcs{BuildName: a.env.BuildName, BuildType: a.env.BuilderType, Vars: a.env.Vars}
	return gotmpl.Render(text, script.Data(a.env.Vars, values), funcs)
}

func (a *Ansible) renderAll(texts []string) ([]string, error) {
	all := make([]string, 0, len(texts))
	for _, text := range texts {
		done, err := a.render(text, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, done)
	}
	return all, nil
}
