package ansible

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/galaxy"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/sshlogin"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// longestTemp is the longest temporary folder, in bytes, below which ssh can
// still have a socket: the path of one has at most 107.
const longestTemp = 40

// Provision runs the playbooks.
func (a *Ansible) Provision(ctx context.Context, g guest.Guest, out *ui.UI) (err error) {
	if g == nil {
		return errors.New("there is no connection to the guest: communicator is \"none\"")
	}
	if kind := a.env.Vars["ConnType"]; kind != "" && kind != "ssh" {
		return fmt.Errorf("the guest is reached over %s; Ansible is supported over SSH only", kind)
	}
	parent := ""
	if len(os.TempDir()) > longestTemp {
		parent = "/tmp"
	}
	dir, err := scratch.New(parent, "ovenbird-ansible-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dir.Remove()) }()
	login, end, err := sshlogin.Reach(ctx, sshlogin.Of(a.env.Vars, g), g, func(err error) { out.Warn("%s", err.Error()) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	a = a.at(login, out)
	login.User = a.user()
	files, err := sshlogin.Write(dir.Path, login)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dir.Join(socketDir), 0o700); err != nil {
		return fmt.Errorf("making a folder for ssh's sockets: %w", err)
	}
	defer hangUp(context.WithoutCancel(ctx), dir.Join(socketDir))
	env, err := a.environment(dir, files, out)
	if err != nil {
		return err
	}
	if err := a.installGalaxy(ctx, env, out); err != nil {
		return err
	}
	inventory, remove, err := a.writeInventory(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if a.KeepInventoryFile {
		out.Detail("The inventory is kept: %s", inventory)
	}
	args, err := a.args(inventory)
	if err != nil {
		return err
	}
	out.Say("Running %s on %s@%s, port %s", strings.Join(a.playbooks(), ", "), login.User, login.Host, login.Port)
	return a.explain(ctx, g, run(ctx, a.Command, args, env, out))
}

// at is the provisioner for a guest whose SSH server is at the login's host and
// port, whatever its own address is.
func (a *Ansible) at(l sshlogin.Login, out *ui.UI) *Ansible {
	if l.Host == a.env.Vars["Host"] && l.Port == a.env.Vars["Port"] {
		return a
	}
	if a.InventoryFile != "" {
		out.Warn("the guest is behind a bastion or a proxy; in this run it is at port %s of %s, and what inventory_file says of its address does not lead there. "+
			"Leave inventory_file out, or add groups and variables in inventory_directory", l.Port, l.Host)
	}
	moved := *a
	moved.env.Vars = maps.Clone(a.env.Vars)
	moved.env.Vars["Host"], moved.env.Vars["Port"] = l.Host, l.Port
	return &moved
}

// args are the arguments of ansible-playbook: what the user adds comes later,
// and wins.
func (a *Ansible) args(inventory string) ([]string, error) {
	vars := map[string]string{"packer_build_name": a.env.BuildName, "packer_builder_type": a.env.BuilderType}
	if a.env.HTTPAddr != "" {
		vars["packer_http_addr"] = a.env.HTTPAddr
	}
	text, err := json.Marshal(vars)
	if err != nil {
		return nil, fmt.Errorf("writing Ansible's variables: %w", err)
	}
	args := []string{"--extra-vars", string(text), "--inventory", inventory}
	if len(a.SSHExtraArgs) > 0 {
		args = append(args, "--ssh-extra-args="+strings.Join(a.SSHExtraArgs, " "))
	}
	if a.Limit != "" {
		args = append(args, "--limit", a.Limit)
	}
	more, err := a.renderAll(a.ExtraArguments)
	if err != nil {
		return nil, fmt.Errorf("extra_arguments: %w", err)
	}
	return append(append(args, more...), a.playbooks()...), nil
}

func (a *Ansible) installGalaxy(ctx context.Context, env []string, out *ui.UI) error {
	if a.GalaxyFile == "" {
		return nil
	}
	text, err := os.ReadFile(a.GalaxyFile)
	if err != nil {
		return fmt.Errorf("reading the requirements of Ansible Galaxy: %w", err)
	}
	out.Detail("Installing what %s lists", a.GalaxyFile)
	install := galaxy.Install{
		File: a.GalaxyFile, Roles: a.RolesPath, Collections: a.CollectionsPath,
		Force: a.GalaxyForceInstall, ForceDeps: a.GalaxyForceWithDeps,
	}
	for _, args := range install.Commands(string(text)) {
		if err := run(ctx, a.GalaxyCommand, args, env, out); err != nil {
			return fmt.Errorf("installing what %s lists: %w", a.GalaxyFile, err)
		}
	}
	return nil
}

// run runs a program of Ansible's and shows what it says.
func run(ctx context.Context, program string, args, env []string, out *ui.UI) error {
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("%s is not installed on this machine; install it, for example with \"apt-get install ansible-core\" or \"pipx install ansible-core\", "+
			"or use the ansible-local provisioner, which needs it in the guest only", program)
	}
	stdout, stderr := out.Stdout(), out.Stderr()
	cmd := exec.Command(program, args...) //nolint:noctx,gosec // proc kills the whole group; the user's own command
	cmd.Stdout, cmd.Stderr, cmd.Env = stdout, stderr, env
	err := proc.Run(ctx, cmd)
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	if exit := (*exec.ExitError)(nil); ctx.Err() == nil && errors.As(err, &exit) {
		return fmt.Errorf("%s: %w", filepath.Base(program), err)
	}
	return err
}

// meaning is what an exit status of ansible-playbook stands for.
func meaning(status int) string {
	switch status {
	case 1:
		return "a bad playbook, inventory or variable"
	case 2:
		return "a task failed"
	case 4:
		return "the guest could not be reached, or the playbook could not be read"
	case 5:
		return "bad arguments"
	case 250:
		return "an error inside Ansible"
	}
	return ""
}

// explain adds to a failure what can be found out about it.
func (a *Ansible) explain(ctx context.Context, g guest.Guest, err error) error {
	exit := (*exec.ExitError)(nil)
	if ctx.Err() != nil || !errors.As(err, &exit) {
		return err
	}
	if m := meaning(exit.ExitCode()); m != "" {
		err = fmt.Errorf("%w (%s)", err, m)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	line := guest.Script("command -v python3 || command -v python || ls /usr/bin/python[23]* || ls /usr/libexec/platform-python")
	var missing *guest.ExitError
	if lookErr := g.Run(ctx, guest.Command{Line: line, Stdout: io.Discard, Stderr: io.Discard}); errors.As(lookErr, &missing) {
		return fmt.Errorf("%w; there is no Python in the guest and Ansible needs it: "+
			"install it in a shell provisioner before this one, for example with \"apt-get install -y python3\"", err)
	}
	return err
}

// socketDir is where ssh keeps its sockets, below the scratch directory.
const socketDir = "ssh"

// hangUp ends the connections that ssh would keep for a next task: they would
// outlive the build.
func hangUp(ctx context.Context, dir string) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	sockets, _ := filepath.Glob(filepath.Join(dir, "*")) // the pattern is good
	for _, s := range sockets {
		_ = exec.CommandContext(ctx, "ssh", "-O", "exit", "-S", s, "guest").Run() // one that has ended is as good
	}
}
