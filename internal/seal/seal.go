// Package seal makes a baked machine an image: it cleans the running guest, and
// then its disk.
package seal

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Options say what sealing a guest leaves alone.
type Options struct {
	// Keep names what stays: see Parts.
	Keep []string
	// BuildKey is the bake's key as it stands in authorized_keys.
	BuildKey string
	// BuildUser is the account of the bake.
	BuildUser string
	// RemoveUser deletes BuildUser and its home.
	RemoveUser bool
	// Become is how to be root; the zero value is sudo without a password.
	Become guest.Become
}

// Parts are the names that Keep takes, each with what is cleaned under it.
func Parts() [][2]string {
	return [][2]string{
		{KeyPart, "the bake's key in every account's authorized_keys, and every file it was copied to"},
		{"cloud_init", "what cloud-init remembers: instances, user data, its seed and logs; its configuration stays"},
		{"machine_id", "/etc/machine-id becomes empty, so that the first boot makes a new one; D-Bus's copy goes"},
		{"random_seed", "random seeds and systemd's credential secret"},
		{"dhcp", "leases of dhclient, NetworkManager, systemd-networkd and dhcpcd"},
		{"package_cache", "downloaded packages and package lists"},
		{"logs", "logs and journals"},
		{"history", "shell and editor histories of every account"},
		{"tmp", "all in /tmp and /var/tmp"},
		{"host_keys", "the SSH host keys, only where the image makes new ones at its first boot"},
		{"trim", "unused blocks are given back to the disk"},
	}
}

// KeyPart is the part of sealing that removes the build's key.
const KeyPart = "ssh_keys"

// AllButKey is what to keep when only the build's key goes.
func AllButKey() (keep []string) {
	for _, p := range Parts() {
		if p[0] != KeyPart {
			keep = append(keep, p[0])
		}
	}
	return keep
}

// CheckKeep reports the unknown names of an option that becomes Keep.
func CheckKeep(name string, keep []string) error {
	var known []string
	for _, p := range Parts() {
		known = append(known, p[0])
	}
	for _, k := range keep {
		if !slices.Contains(known, k) {
			return option.Bad(name, "%q is unknown; use any of %s.", k, strings.Join(known, ", "))
		}
	}
	return nil
}

// Guest makes a baked machine an image: it removes the bake's key, the
// machine's identity and what the bake left, in one command run by root. The
// SSH connection lives on, but nobody can log in anew with the bake's key:
// power off through the machine, not the guest.
func Guest(ctx context.Context, g guest.Guest, o Options, out *ui.UI) error {
	if err := CheckKeep("keep", o.Keep); err != nil {
		return err
	}
	var steps []string
	for _, p := range Parts() {
		if !slices.Contains(o.Keep, p[0]) {
			steps = append(steps, p[0])
		}
	}
	user := ""
	if o.RemoveUser {
		user = o.BuildUser
	}
	key := ""
	if fields := strings.Fields(o.BuildKey); len(fields) > 1 {
		i := slices.IndexFunc(fields, func(f string) bool { return strings.HasPrefix(f, "AAAA") })
		key = fields[max(i, 0)]
	}
	become := o.Become
	if become.User == "" {
		become.User = "root"
	}
	said := &lines.Writer{Emit: func(line string) {
		if text, ok := strings.CutPrefix(line, "warn "); ok {
			out.Warn("%s", text)
			return
		}
		out.Detail("%s", line)
	}}
	// The script comes as standard input: on a command line the key would be
	// visible in the process list, and too long for some shells.
	line := guest.Script(`exec sh -s -- "${OVENBIRD_ROOT:-}" "$@"`, key, user, strings.Join(steps, "\n"))
	cmd := guest.Command{Line: line, Stdin: strings.NewReader(script()), Stdout: said}
	if err := guest.RunQuietly(ctx, g, become.Command(cmd)); err != nil {
		return fmt.Errorf("sealing the guest: %w", err)
	}
	return nil
}
