// Package salt applies Salt states in the guest, without a Salt master.
package salt

import (
	"errors"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Salt copies a tree of states to the guest and applies it with the salt-call
// there, which is installed first if it is missing.
type Salt struct {
	// Directory of the states, relative to the working directory.
	LocalStateTree string `hcl:"local_state_tree"`
	// Directory of the pillar. Default none.
	LocalPillarRoots string `hcl:"local_pillar_roots,optional"`
	// States to apply, in place of the highstate of top.sls.
	CustomState string `hcl:"custom_state,optional"`
	// Configuration file of the minion. It replaces remote_state_tree and
	// remote_pillar_roots, which it names itself. Default none.
	MinionConfig string `hcl:"minion_config,optional"`
	// File of grains. Default none.
	GrainsFile string `hcl:"grains_file,optional"`
	// Formulas in directories of this machine, copied beside the states. From
	// a Git server they are not supported yet. Default none.
	Formulas []string `hcl:"formulas,optional"`

	// Do not install Salt: the guest has it. Default false: where it is
	// missing, the guest downloads Salt's bootstrap script and runs it.
	SkipBootstrap bool `hcl:"skip_bootstrap,optional"`
	// Arguments of the bootstrap script. Default none.
	BootstrapArgs string `hcl:"bootstrap_args,optional"`
	// Do without sudo. Default false; root never needs it.
	DisableSudo bool `hcl:"disable_sudo,optional"`

	// Directory in the guest for the states. Default "/srv/salt".
	RemoteStateTree string `hcl:"remote_state_tree,optional"`
	// Directory in the guest for the pillar. Default "/srv/pillar".
	RemotePillarRoots string `hcl:"remote_pillar_roots,optional"`
	// Directory in the guest for what is copied first. Default "/tmp/salt".
	TempConfigDir string `hcl:"temp_config_dir,optional"`
	// Directory of salt-call in the guest, with a slash in the end or not.
	// Default that of the PATH.
	SaltBinDir string `hcl:"salt_bin_dir,optional"`
	// More arguments of salt-call, words of the guest's shell. Default none.
	SaltCallArgs string `hcl:"salt_call_args,optional"`
	// What salt-call tells: "garbage", "trace", "debug", "info", "warning",
	// "error", "critical" or "quiet". Default "info".
	LogLevel string `hcl:"log_level,optional"`
	// Go on when a state fails. Default false.
	NoExitOnFailure bool `hcl:"no_exit_on_failure,optional"`
	// System of the guest: "unix". "windows" is not supported yet.
	GuestOSType string `hcl:"guest_os_type,optional"`

	env provisioners.Env
}

// New makes a salt-masterless provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &Salt{
		RemoteStateTree: "/srv/salt", RemotePillarRoots: "/srv/pillar", TempConfigDir: "/tmp/salt",
		LogLevel: "info", GuestOSType: "unix", env: env,
	}
}

// Validate checks the options, and that the local files are there.
func (s *Salt) Validate() error {
	errs := []error{
		provisioners.CheckDirectory("local_state_tree", s.LocalStateTree),
		provisioners.CheckDirectory("local_pillar_roots", s.LocalPillarRoots),
		provisioners.CheckFile("minion_config", s.MinionConfig),
		provisioners.CheckFile("grains_file", s.GrainsFile),
	}
	if s.LocalStateTree == "" {
		errs = append(errs, option.Bad("local_state_tree", "It is required; name the directory of the states."))
	}
	for _, f := range s.Formulas {
		if strings.Contains(f, "::") || strings.Contains(f, "//") {
			errs = append(errs, option.Later("formulas", "%q is on a Git server; clone it before, with a shell-local provisioner, and name its directory.", f))
		} else {
			errs = append(errs, provisioners.CheckDirectory("formulas", f))
		}
	}
	levels := []string{"all", "garbage", "trace", "debug", "profile", "info", "warning", "error", "critical", "quiet"}
	if !slices.Contains(levels, s.LogLevel) {
		errs = append(errs, option.Bad("log_level", "%q is unknown; use one of %s.", s.LogLevel, strings.Join(levels, ", ")))
	}
	switch s.GuestOSType {
	case "unix":
	case "windows":
		errs = append(errs, option.Later("guest_os_type", "\"windows\" comes later; use \"unix\", or a powershell provisioner that runs salt-call."))
	default:
		errs = append(errs, option.Bad("guest_os_type", "%q is unknown; use \"unix\".", s.GuestOSType))
	}
	for _, d := range []struct{ name, path string }{
		{"remote_state_tree", s.RemoteStateTree}, {"remote_pillar_roots", s.RemotePillarRoots}, {"temp_config_dir", s.TempConfigDir},
	} {
		if !strings.HasPrefix(d.path, "/") || strings.Trim(d.path, "/") == "" {
			errs = append(errs, option.Bad(d.name, "%q is no directory for this; write an absolute path.", d.path))
		}
	}
	return errors.Join(errs...)
}

// Inputs are all that is copied.
func (s *Salt) Inputs() ([]string, error) {
	all := append([]string{s.LocalStateTree, s.LocalPillarRoots, s.MinionConfig, s.GrainsFile}, s.Formulas...)
	return slices.DeleteFunc(all, func(path string) bool { return path == "" }), nil
}

// Warnings tells what is downloaded.
func (s *Salt) Warnings() []string {
	if s.SkipBootstrap {
		return nil
	}
	return []string{"Where the guest has no Salt, it downloads Salt's bootstrap script and runs it as root. Set skip_bootstrap = true when the image has Salt."}
}
