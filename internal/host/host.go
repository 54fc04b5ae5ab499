// Package host looks at the machine that bakes: programs, memory, disk and
// firmware. It knows what is missing and the one line that fixes it.
package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Check is what was found about one thing a bake may need.
type Check struct {
	Name   string
	OK     bool
	Needed bool   // nothing can be baked without it
	Found  string // version, path or amount; when not OK, what is wrong
	Fix    string // the one line that helps, or ""
}

// Options say where to look. Zero values look at this machine.
type Options struct {
	Dir      string // where artifacts go; "" is the working directory
	CacheDir string // where downloads go; "" leaves the check out
	Meminfo  string // default /proc/meminfo
	Cgroup   string // this process's limits, default /proc/self/cgroup
	Cgroups  string // where control groups are mounted, default /sys/fs/cgroup
	Firmware string // folder of QEMU's firmware descriptors, default /usr/share/qemu/firmware
}

// Least room, in MiB, below which a bake is likely to fail.
const (
	leastDisk   = 5 << 10
	leastMemory = 1 << 10
)

// Checks looks at everything, in the order a person would fix it.
func Checks(ctx context.Context, o Options) []Check {
	if o.Dir == "" {
		o.Dir = "."
	}
	o = o.withDefaults()
	all := []Check{
		program(ctx, "qemu-system-x86_64", "qemu-system-x86", "", true),
		program(ctx, "qemu-img", "qemu-utils", "", true),
		program(ctx, "mmdebstrap", "mmdebstrap", "only debootstrap sources need it", false),
	}
	if os.Geteuid() != 0 {
		all = append(all, program(ctx, "newuidmap", "uidmap", "only debootstrap sources need it, when run without root", false))
	}
	all = append(all, memory(o), disk("disk for artifacts", o.Dir))
	if o.CacheDir != "" {
		all = append(all, disk("disk for the cache", o.CacheDir))
	}
	return append(all, firmware(o.Firmware))
}

func (o Options) withDefaults() Options {
	o.Meminfo = cmp.Or(o.Meminfo, "/proc/meminfo")
	o.Cgroup = cmp.Or(o.Cgroup, "/proc/self/cgroup")
	o.Cgroups = cmp.Or(o.Cgroups, "/sys/fs/cgroup")
	o.Firmware = cmp.Or(o.Firmware, "/usr/share/qemu/firmware")
	return o
}

func program(ctx context.Context, name, pkg, why string, needed bool) Check {
	c := Check{Name: name, Needed: needed, Found: why, Fix: install(pkg)}
	path, err := exec.LookPath(name)
	if err != nil {
		return c
	}
	c.OK, c.Fix, c.Found = true, "", path
	if name == "newuidmap" { // it knows no --version
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		c.OK, c.Found, c.Fix = false, fmt.Sprintf("%s does not start: %s", path, err), install("--reinstall "+pkg)
		return c
	}
	if v := version(string(out)); v != "" {
		c.Found = v + ", " + path
	}
	return c
}

// version is the first word of a version line that starts with a digit.
func version(out string) string {
	line, _, _ := strings.Cut(out, "\n")
	for _, w := range strings.Fields(line) {
		w = strings.Trim(w, "(),")
		if w != "" && w[0] >= '0' && w[0] <= '9' {
			return w
		}
	}
	return ""
}

// install is the command that installs a Debian package, or says its name
// where there is no apt-get.
func install(pkg string) string {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return "install what Debian calls " + pkg
	}
	if os.Geteuid() == 0 {
		return "apt-get install " + pkg
	}
	return "sudo apt-get install " + pkg
}

// disk looks at the nearest folder that exists: the cache may yet be made.
func disk(name, dir string) Check {
	c := Check{Name: name, Needed: true}
	var st syscall.Statfs_t
	for at := dir; ; at = filepath.Dir(at) {
		err := syscall.Statfs(at, &st)
		if errors.Is(err, fs.ErrNotExist) && at != filepath.Dir(at) {
			continue
		}
		if err != nil {
			c.Found = fmt.Sprintf("look at %s: %s", dir, err)
			return c
		}
		break
	}
	mib := int64(st.Bavail) * st.Bsize >> 20
	c.OK, c.Found = mib >= leastDisk, fmt.Sprintf("%.1f GiB free in %s", float64(mib)/1024, dir)
	if !c.OK {
		c.Fix = fmt.Sprintf("make room for at least %d GiB there", leastDisk>>10)
	}
	return c
}

// firmware lists UEFI descriptors. Only EFI machines need one.
func firmware(dir string) Check {
	c := Check{Name: "UEFI firmware"}
	found, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(found) == 0 {
		c.Found, c.Fix = "only EFI machines need it", install("ovmf")
		return c
	}
	names := make([]string, 0, len(found))
	for _, f := range found {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".json"))
	}
	c.OK, c.Found = true, strings.Join(names, ", ")
	return c
}
