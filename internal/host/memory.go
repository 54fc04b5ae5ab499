package host

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func memory(o Options) Check {
	c := Check{Name: "memory", Needed: true}
	mib, err := availableMiB(o)
	switch {
	case err != nil:
		c.OK, c.Found = true, "unknown: "+err.Error()
	case mib < leastMemory:
		c.Found = fmt.Sprintf("%d MiB available, a machine takes %d MiB", mib, leastMemory)
		c.Fix = "end other programs, or set a smaller memory in the source"
	default:
		c.OK, c.Found = true, fmt.Sprintf("%d MiB available", mib)
	}
	return c
}

// AvailableMiB is the memory that machines can take without pushing the host
// into swap or this process's control group over its limit, as containers have
// one; 0 when the host does not tell.
func AvailableMiB() int {
	mib, err := availableMiB(Options{}.withDefaults())
	if err != nil {
		return 0
	}
	return mib
}

func availableMiB(o Options) (int, error) {
	free, err := field(o.Meminfo, "MemAvailable:")
	if err != nil {
		return 0, err
	}
	free *= 1024
	for _, dir := range groups(o) {
		if left, limited := room(dir); limited {
			free = min(free, left)
		}
	}
	return int(free >> 20), nil
}

// groups are the folders of the control groups that limit our memory: our own
// and all above it. In a container the path is the host's and does not exist;
// then the mount itself is ours.
func groups(o Options) []string {
	text, err := os.ReadFile(o.Cgroup)
	if err != nil {
		return nil
	}
	var all []string
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, path, _ := strings.Cut(rest, ":")
		root := o.Cgroups
		switch controllers {
		case "": // version 2
		case "memory":
			root = filepath.Join(root, "memory")
		default:
			continue
		}
		for path = filepath.Join("/", path); ; path = filepath.Dir(path) {
			all = append(all, filepath.Join(root, path))
			if path == "/" {
				break
			}
		}
	}
	return all
}

// room is what a control group may still take, in bytes. The page cache it holds
// counts as free (Linux: Documentation/admin-guide/cgroup-v2.rst and
// cgroup-v1/memory.rst).
func room(dir string) (left int64, limited bool) {
	for _, names := range [][3]string{
		{"memory.max", "memory.current", "inactive_file"},
		{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"},
	} {
		limit, err := number(filepath.Join(dir, names[0]))
		if err != nil {
			continue // no such file, or "max"
		}
		used, err := number(filepath.Join(dir, names[1]))
		if err != nil {
			continue
		}
		cache, err := field(filepath.Join(dir, "memory.stat"), names[2])
		if err != nil {
			cache = 0
		}
		return max(limit-max(used-cache, 0), 0), true
	}
	return 0, false
}

func number(file string) (int64, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// field is the number after a name that begins a line of a file.
func field(file, name string) (int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		w := strings.Fields(lines.Text())
		if len(w) < 2 || w[0] != name {
			continue
		}
		n, err := strconv.ParseInt(w[1], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", file, err)
		}
		return n, nil
	}
	return 0, fmt.Errorf("%s has no %s line", file, strings.TrimSuffix(name, ":"))
}
