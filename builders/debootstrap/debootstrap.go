// Package debootstrap makes a bootable Debian disk out of packages alone: no
// base image, no download site, no loop device, and no root.
package debootstrap

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Builder makes a Debian disk for a BIOS machine: GPT, GRUB, an ext4 root file
// system, a cloud kernel, cloud-init and an SSH server. It has no account that
// can log in and no SSH host keys: cloud-init makes both at first boot, the keys
// as Ed25519 and ECDSA. Nothing is booted, so it takes no provisioners; start a
// qemu source from it instead.
type Builder struct {
	// Debian release by its code name. Default "bookworm".
	Suite string `hcl:"suite,optional"`
	// URL of a Debian mirror for the suite and its updates. Default: what this
	// machine's own apt uses for that suite, or else deb.debian.org.
	Mirror string `hcl:"mirror,optional"`
	// URL of a mirror of Debian's security fixes, for use with `mirror`; "none"
	// leaves them out. Default "http://deb.debian.org/debian-security".
	SecurityMirror string `hcl:"security_mirror,optional"`
	// Components of the archive. Default: those of this machine's own apt
	// sources, or ["main"] with a `mirror`.
	Components []string `hcl:"components,optional"`
	// Packages to install besides those that make the disk boot. Recommended
	// packages are not pulled in. Default: none.
	Packages []string `hcl:"packages,optional"`
	// How much the base system has: "minbase" (essential packages and apt),
	// "important" or "standard". Default "minbase".
	Variant string `hcl:"variant,optional"`
	// Size of the disk with a unit: K, M, G or T, of 1024; a plain number is MiB.
	// At least 1536M. The file only takes what is used. Default "4G".
	DiskSize string `hcl:"disk_size,optional"`
	// Name of the machine until cloud-init gives it one. Default "debian".
	Hostname string `hcl:"hostname,optional"`
	// Folder for the disk and packages.txt, the list of installed packages. It
	// must not exist unless the build is forced. Default "output-" and the name
	// of the source.
	OutputDirectory string `hcl:"output_directory,optional"`
	// Format of the disk: "qcow2" or "raw". Default "qcow2".
	Format string `hcl:"format,optional"`
	// File name of the disk. Default: the name of the source, a dot and the format.
	VMName string `hcl:"vm_name,optional"`

	env builders.Env
	etc string // where apt's sources are
}

// New gives a builder with its defaults.
func New(env builders.Env) builders.Builder {
	return &Builder{
		Suite:           "bookworm",
		SecurityMirror:  "http://deb.debian.org/debian-security",
		Variant:         "minbase",
		DiskSize:        "4G",
		Hostname:        "debian",
		OutputDirectory: "output-" + env.Name,
		Format:          "qcow2",
		env:             env,
		etc:             "/etc/apt",
	}
}

// Deferred names the options that are planned.
func (b *Builder) Deferred() map[string]string {
	return map[string]string{
		"efi_boot": "The disk boots with BIOS only.",
	}
}

var (
	word     = regexp.MustCompile(`^[a-z0-9][a-z0-9.+-]*$`)
	hostname = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9-]{0,62})(\.[a-zA-Z0-9-]{1,63})*$`)
	size     = regexp.MustCompile(`^(\d{1,9})([KMGT]?)(I?B)?$`)
)

// Validate checks the options; it touches nothing.
func (b *Builder) Validate() error {
	var bad []error
	check := func(ok bool, name, format string, args ...any) {
		if !ok {
			bad = append(bad, option.Bad(name, format, args...))
		}
	}
	check(word.MatchString(b.Suite), "suite", "%q is not a Debian release; use a code name such as \"bookworm\".", b.Suite)
	check(b.Mirror == "" || isURL(b.Mirror), "mirror", "%q is not a URL; use one such as \"http://deb.debian.org/debian\".", b.Mirror)
	check(b.SecurityMirror == "none" || isURL(b.SecurityMirror), "security_mirror",
		"%q is not a URL; use one such as \"http://deb.debian.org/debian-security\", or \"none\".", b.SecurityMirror)
	for _, c := range b.Components {
		check(word.MatchString(c), "components", "%q is not a component; Debian has \"main\", \"contrib\", \"non-free\" and \"non-free-firmware\".", c)
	}
	for _, p := range b.Packages {
		check(word.MatchString(p), "packages", "%q is not the name of a package.", p)
	}
	switch b.Variant {
	case "minbase", "important", "standard":
	default:
		check(false, "variant", "%q is unknown; use \"minbase\", \"important\" or \"standard\".", b.Variant)
	}
	if n, err := parseSize(b.DiskSize); err != nil {
		bad = append(bad, option.Bad("disk_size", "%q is not a size; use one such as \"4G\".", b.DiskSize))
	} else {
		check(n >= 1536*mib, "disk_size", "%q is too small for a Debian system; use at least \"1536M\".", b.DiskSize)
		check(n <= 16<<40, "disk_size", "%q is more than ext4 can take; use at most \"16T\".", b.DiskSize)
	}
	check(hostname.MatchString(b.Hostname), "hostname", "%q is not a host name; use letters, digits, dashes and dots.", b.Hostname)
	check(b.OutputDirectory != "", "output_directory", "It is empty; name a folder that does not exist yet.")
	check(b.Format == "qcow2" || b.Format == "raw", "format", "%q is unknown; use \"qcow2\" or \"raw\".", b.Format)
	check(!strings.ContainsRune(b.VMName, '/') && b.VMName != "packages.txt" && b.VMName != "." && b.VMName != "..",
		"vm_name", "%q cannot be the disk's file name; use a plain one.", b.VMName)
	return errors.Join(bad...)
}

// isURL keeps out what would be more than one word of an apt source.
func isURL(s string) bool {
	return (strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://")) && !strings.ContainsAny(s, " \t\n[]#")
}

// parseSize reads a size in bytes, rounded down to whole MiB.
func parseSize(s string) (int64, error) {
	m := size.FindStringSubmatch(strings.ToUpper(s))
	if m == nil {
		m = size.FindStringSubmatch(s)
	}
	if m == nil {
		return 0, fmt.Errorf("%q is not a size", s)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading size %q: %w", s, err)
	}
	shift := map[string]int{"K": 10, "M": 20, "": 20, "G": 30, "T": 40}[m[2]]
	if n > 1<<62>>shift {
		return 0, fmt.Errorf("%q is too big", s)
	}
	return n << shift / mib * mib, nil
}

func (b *Builder) diskName() string {
	if b.VMName != "" {
		return b.VMName
	}
	return b.env.Name + "." + b.Format
}
