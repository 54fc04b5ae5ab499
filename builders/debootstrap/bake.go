package debootstrap

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

//go:embed finish.sh
var finish string

// basics is what makes the disk boot, be reached and grow. Recommended
// packages are off, so it also names what Debian only recommends to have.
func basics() []string {
	return []string{
		"linux-image-cloud-amd64", "grub-pc", "systemd-sysv", "libpam-systemd", "dbus", "systemd-timesyncd",
		"cloud-init", "cloud-guest-utils", "fdisk", "e2fsprogs", "openssh-server", "sudo",
		"ifupdown", "isc-dhcp-client", "iproute2", "netbase", "ca-certificates", "procps", "python3-minimal",
	}
}

// sources are the apt sources to install from, and where they come from.
func (b *Builder) sources() (list []entry, origin string, err error) {
	components := b.Components
	if len(components) == 0 {
		components = []string{"main"}
	}
	mirror, origin := b.Mirror, b.Mirror
	if mirror == "" {
		if list, err = hostSources(b.etc, b.Suite); err != nil {
			return nil, "", err
		}
		if slices.ContainsFunc(list, func(e entry) bool { return e.suite == b.Suite }) {
			for i := range list {
				if len(b.Components) > 0 {
					list[i].components = components
				}
			}
			return list, "this machine's apt sources", nil
		}
		mirror, origin = "http://deb.debian.org/debian", "deb.debian.org, as this machine's apt does not know "+b.Suite
	}
	updates, security := parts(b.Suite)
	list = []entry{{uri: mirror, suite: b.Suite, components: components}}
	if updates != "" {
		list = append(list, entry{uri: mirror, suite: updates, components: components})
	}
	if security != "" && b.SecurityMirror != "none" {
		list = append(list, entry{uri: b.SecurityMirror, suite: security, components: components})
	}
	return list, origin, nil
}

// isolate is the command that runs the rest: in name spaces of its own, so
// that all processes and mounts end with it, and for a normal user as the root
// of a user name space.
func isolate(uid int) []string {
	args := []string{"unshare"}
	if uid != 0 {
		args = append(args, "--map-root-user", "--map-auto")
	}
	return append(args, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
}

// mmdebstrap is its command line; work holds finish.sh and takes the results.
func (b *Builder) mmdebstrap(work string, sources []entry) []string {
	args := []string{
		"mmdebstrap", "--mode=root", "--format=null", "--variant=" + b.Variant, "--skip=cleanup",
		"--aptopt=APT::Install-Recommends \"false\"", "--aptopt=Acquire::Languages \"none\"",
		"--include=" + strings.Join(append(basics(), b.Packages...), ","),
		// usrmerge brings all of Perl to do what the hooks do.
		`--setup-hook=printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' >"$1/etc/apt/preferences.d/ovenbird"`,
		"--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
		// There is no disk yet; at first boot cloud-init tells grub-pc the real one.
		`--essential-hook=echo grub-pc grub-pc/install_devices_empty boolean true | chroot "$1" debconf-set-selections`,
		`--customize-hook=sh "$OVENBIRD_WORK/finish.sh" "$1"`,
		b.Suite, "/dev/null",
	}
	for _, e := range sources {
		args = append(args, e.String())
	}
	return args
}

// bake fills work with disk.raw and packages.txt.
func (b *Builder) bake(ctx context.Context, work string, out *ui.UI) error {
	bytes, err := parseSize(b.DiskSize)
	if err != nil {
		return err
	}
	sources, origin, err := b.sources()
	if err != nil {
		return err
	}
	out.Say("Installing Debian %s from %s", b.Suite, origin)
	for _, e := range sources {
		out.Detail("%s", e)
	}
	rootID := uuid.New()
	disk, err := os.OpenFile(filepath.Join(work, "disk.raw"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("making the disk: %w", err)
	}
	err = errors.Join(disk.Truncate(bytes), os.WriteFile(filepath.Join(work, "finish.sh"), []byte(finish), 0o644))
	if err == nil {
		err = b.install(ctx, work, bytes, rootID, sources, out)
	}
	if err == nil {
		err = makeBootable(disk, work, bytes)
	}
	return errors.Join(err, disk.Close())
}

// install runs mmdebstrap, whose last hook writes the file system.
func (b *Builder) install(ctx context.Context, work string, bytes int64, rootID uuid.UUID, sources []entry, out *ui.UI) (err error) {
	tree, start := hideout(work), `mount -t tmpfs -o mode=755 ovenbird "$TMPDIR" && exec "$@"`
	if tree == "" || memoryFree() < 4<<30 {
		disk, err := scratch.New("", "ovenbird-tree-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, removeTree(ctx, disk)) }()
		if err := os.Chmod(disk.Path, 0o755); err != nil { // apt downloads as a user of its own
			return fmt.Errorf("opening the folder for the tree: %w", err)
		}
		tree, start = disk.Path, `exec "$@"`
	}
	args := append(isolate(os.Geteuid()), "sh", "-c", start, "sh")
	args = append(args, b.mmdebstrap(work, sources)...)
	cmd := exec.Command(args[0], args[1:]...) //nolint:noctx // proc.Run minds ctx
	cmd.Env = append(os.Environ(), "TMPDIR="+tree, "OVENBIRD_WORK="+work,
		"OVENBIRD_UUID="+rootID.String(), "OVENBIRD_HOSTNAME="+b.Hostname,
		"OVENBIRD_OFFSET="+strconv.Itoa(rootStart*sector), "OVENBIRD_KIB="+strconv.FormatInt((bytes-3*mib)/1024, 10))
	log := newProgress(out)
	cmd.Stderr, cmd.Stdout = log, log
	if err := proc.Run(ctx, cmd); err != nil {
		if ctx.Err() == nil {
			log.replay()
		}
		return fmt.Errorf("installing Debian %s with mmdebstrap: %w", b.Suite, err)
	}
	return nil
}

// hideout is a folder to mount the tree on, in memory and only in a name space
// of its own: it vanishes however we end, and is written twice as fast as on a
// disk. Everybody can enter it, as apt's download user must; work is private.
func hideout(work string) string {
	for _, dir := range []string{"/mnt", "/media", "/srv"} {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() && !strings.HasPrefix(work+"/", dir+"/") {
			return dir
		}
	}
	return ""
}

// removeTree deletes a tree on disk. Some of it belongs to ids that are a
// normal user's only inside the user name space, so it is emptied from there.
func removeTree(ctx context.Context, tree *scratch.Dir) error {
	if uid := os.Geteuid(); uid != 0 {
		args := append(isolate(uid), "find", tree.Path, "-mindepth", "1", "-delete")
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err := proc.Run(ctx, exec.Command(args[0], args[1:]...)); err != nil { //nolint:noctx // proc.Run minds ctx
			return errors.Join(fmt.Errorf("emptying %s: %w", tree.Path, err), tree.Remove())
		}
	}
	return tree.Remove()
}

// makeBootable adds the partition table and GRUB, with the images that
// finish.sh left in work.
func makeBootable(disk *os.File, work string, bytes int64) error {
	boot, err := os.ReadFile(filepath.Join(work, "boot.img"))
	if err != nil {
		return fmt.Errorf("installing GRUB: %w", err)
	}
	core, err := os.ReadFile(filepath.Join(work, "core.img"))
	if err != nil {
		return fmt.Errorf("installing GRUB: %w", err)
	}
	if err := writeGPT(disk, bytes, uuid.New(), layout(bytes, uuid.New)); err != nil {
		return err
	}
	return writeGRUB(disk, boot, core)
}

// memoryFree is how many bytes the host can spare; 0 when it does not tell.
func memoryFree() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "MemAvailable:" {
			kib, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
