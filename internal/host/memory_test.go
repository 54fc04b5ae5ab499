package host

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		cgroup string            // of the process
		files  map[string]string // below the mount
		want   int               // MiB, of 8 GiB that the host has
	}{
		"no control groups": {want: 8192},
		"no limit":          {cgroup: "0::/a\n", files: map[string]string{"a/memory.max": "max\n", "a/memory.current": "1\n"}, want: 8192},
		"a limit above": {
			cgroup: "0::/a/b\n",
			files: map[string]string{
				"a/b/memory.max": "max\n", "a/memory.max": "4294967296\n", "a/memory.current": "2147483648\n",
				"a/memory.stat": "anon 5\ninactive_file 1073741824\n",
			},
			want: 3072,
		},
		"in a container the mount is the group": {
			cgroup: "0::/kubepods/pod1\n",
			files:  map[string]string{"memory.max": "1073741824\n", "memory.current": "0\n"},
			want:   1024,
		},
		"version 1": {
			cgroup: "5:cpu:/x\n4:memory:/job\n",
			files: map[string]string{
				"memory/job/memory.limit_in_bytes": "2147483648\n", "memory/job/memory.usage_in_bytes": "1073741824\n",
				"memory/job/memory.stat": "total_inactive_file 0\n", "x/memory.max": "1\n",
			},
			want: 1024,
		},
		"over its limit": {cgroup: "0::/\n", files: map[string]string{"memory.max": "10\n", "memory.current": "20\n"}, want: 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			o := Options{Meminfo: filepath.Join(dir, "meminfo"), Cgroup: filepath.Join(dir, "self"), Cgroups: filepath.Join(dir, "fs")}
			for file, text := range map[string]string{o.Meminfo: "MemAvailable: 8388608 kB\n", o.Cgroup: c.cgroup} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for file, text := range c.files {
				full := filepath.Join(o.Cgroups, file)
				if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := availableMiB(o); err != nil || got != c.want {
				t.Errorf("got %d MiB, %v; want %d", got, err, c.want)
			}
		})
	}
}
