package ansiblelocal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/galaxy"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Names in the staging directory.
const (
	madeInventory = "ovenbird-inventory"
	cleanLimit    = time.Minute // for the removal of the staging directory
)

// Provision copies everything, runs the playbooks and cleans up.
func (a *AnsibleLocal) Provision(ctx context.Context, g guest.Guest, out *ui.UI) (err error) {
	if g == nil {
		return errors.New("there is no connection to the guest: communicator is \"none\"")
	}
	staging, clean := strings.TrimRight(a.StagingDirectory, "/"), false
	if staging == "" {
		staging, clean = "/tmp/ovenbird-ansible-"+rand.Text()[:12], true
	}
	if a.CleanStagingDirectory != nil {
		clean = *a.CleanStagingDirectory
	}
	if clean {
		defer func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanLimit)
			defer cancel()
			rm := a.become().Command(guest.Command{Line: "rm -rf " + guest.Quote(staging)})
			if rmErr := guest.RunQuietly(ctx, g, rm); rmErr != nil {
				err = errors.Join(err, fmt.Errorf("removing %s: %w", staging, rmErr))
			}
		}()
	}
	out.Detail("Copying the playbooks to %s", staging)
	bar := out.Progress("upload", -1)
	err = guest.UploadTrees(ctx, g, a.tree(), staging, guest.TreeOptions{Become: a.become(), Progress: bar})
	if closeErr := bar.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	inventory := path.Join(staging, filepath.Base(a.InventoryFile))
	if a.InventoryFile == "" {
		inventory = path.Join(staging, madeInventory)
		o := guest.FileOptions{Mode: 0o644, Become: a.become()}
		if err := guest.UploadFile(ctx, g, inventory, strings.NewReader(a.inventory()), o); err != nil {
			return err
		}
	}
	if err := a.installGalaxy(ctx, g, out, staging); err != nil {
		return err
	}
	for _, p := range a.playbooks() {
		line, err := a.line(p, staging, inventory)
		if err != nil {
			return err
		}
		out.Say("Running %s in the guest", p)
		if err := a.run(ctx, g, out, staging, line); err != nil {
			return a.explain(ctx, g, fmt.Errorf("%s: %w", p, err))
		}
	}
	return nil
}

func (a *AnsibleLocal) become() guest.Become {
	return guest.ParseBecome(a.Become, a.env.Vars["Password"])
}

// tree is all that is copied: what comes later wins.
func (a *AnsibleLocal) tree() []guest.Source {
	var all []guest.Source
	add := func(local, name string) {
		if local != "" {
			all = append(all, guest.Source{Local: local, Name: name})
		}
	}
	add(a.PlaybookDir, "")
	add(a.GroupVars, "group_vars")
	add(a.HostVars, "host_vars")
	for dir, locals := range map[string][]string{"playbooks": a.PlaybookPaths, "roles": a.RolePaths, "collections": a.CollectionPaths} {
		for _, local := range locals {
			add(local, path.Join(dir, base(local)))
		}
	}
	if a.InventoryFile != "" {
		add(a.InventoryFile, filepath.Base(a.InventoryFile))
	}
	if a.GalaxyFile != "" {
		add(a.GalaxyFile, filepath.Base(a.GalaxyFile))
	}
	for _, p := range a.playbooks() {
		if name, copied := a.place(p); copied {
			add(p, name)
		}
	}
	return all
}

func base(local string) string {
	abs, err := filepath.Abs(local) // "." has a name too
	if err != nil {
		return filepath.Base(local)
	}
	return filepath.Base(abs)
}

// line is the command line that runs one playbook.
func (a *AnsibleLocal) line(playbook, staging, inventory string) (string, error) {
	vars := map[string]string{"packer_build_name": a.env.BuildName, "packer_builder_type": a.env.BuilderType}
	if a.env.HTTPAddr != "" {
		vars["packer_http_addr"] = a.env.HTTPAddr
	}
	text, err := json.Marshal(vars)
	if err != nil {
		return "", fmt.Errorf("writing Ansible's variables: %w", err)
	}
	extra, err := a.extra()
	if err != nil {
		return "", fmt.Errorf("extra_arguments: %w", err)
	}
	name, _ := a.place(playbook)
	words := []string{
		a.Command, guest.Quote(path.Join(staging, name)), "--extra-vars", guest.Quote(string(text)),
		extra, "-c local -i", guest.Quote(inventory),
	}
	return strings.Join(words, " "), nil
}

func (a *AnsibleLocal) installGalaxy(ctx context.Context, g guest.Guest, out *ui.UI, staging string) error {
	if a.GalaxyFile == "" {
		return nil
	}
	text, err := os.ReadFile(a.GalaxyFile)
	if err != nil {
		return fmt.Errorf("reading the requirements of Ansible Galaxy: %w", err)
	}
	out.Detail("Installing what %s lists in the guest", a.GalaxyFile)
	install := galaxy.Install{File: path.Join(staging, filepath.Base(a.GalaxyFile)), Roles: a.GalaxyRolesPath, Collections: a.GalaxyCollectionsPath}
	if install.Roles == "" {
		install.Roles = path.Join(staging, "roles")
	}
	if install.Collections == "" {
		install.Collections = path.Join(staging, "collections")
	}
	for _, args := range install.Commands(string(text)) {
		line := a.GalaxyCommand
		for _, arg := range args {
			line += " " + guest.Quote(arg)
		}
		if err := a.run(ctx, g, out, staging, line); err != nil {
			return a.explain(ctx, g, fmt.Errorf("installing what %s lists: %w", a.GalaxyFile, err))
		}
	}
	return nil
}

// run runs a command line in the staging directory. Ansible finds there the
// collections that were copied or installed, besides its own.
func (a *AnsibleLocal) run(ctx context.Context, g guest.Guest, out *ui.UI, staging, line string) error {
	script := "cd \"$1\" && export ANSIBLE_COLLECTIONS_PATH=\"$1/collections:$HOME/.ansible/collections:/usr/share/ansible/collections\"\n" +
		"case ${LC_ALL:-${LC_CTYPE:-$LANG}} in *[Uu][Tt][Ff]*) ;; *) export LC_ALL=C.UTF-8 ;; esac\n" + line
	stdout, stderr := out.Stdout(), out.Stderr()
	err := g.Run(ctx, a.become().Command(guest.Command{Line: guest.Script(script, staging), Stdout: stdout, Stderr: stderr}))
	if closeErr := errors.Join(stdout.Close(), stderr.Close()); err == nil {
		err = closeErr
	}
	return err
}

// explain adds the way out when Ansible is not there.
func (a *AnsibleLocal) explain(ctx context.Context, g guest.Guest, err error) error {
	if exit := (*guest.ExitError)(nil); !errors.As(err, &exit) || exit.Status != 127 {
		return err
	}
	look := guest.Command{Line: guest.Script("command -v ansible-playbook"), Stdout: io.Discard, Stderr: io.Discard}
	var missing *guest.ExitError
	if errors.As(g.Run(ctx, look), &missing) {
		return fmt.Errorf("%w; there is no Ansible in the guest: install it in a shell provisioner before this one, "+
			"for example with \"apt-get install -y ansible-core\", or use the ansible provisioner, which needs it on this machine only", err)
	}
	return err
}
