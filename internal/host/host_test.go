package host

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakes puts programs with the given scripts on an otherwise empty PATH.
func fakes(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
}

func find(t *testing.T, all []Check, name string) Check {
	t.Helper()
	for _, c := range all {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %q in %+v", name, all)
	return Check{}
}

func TestPrograms(t *testing.T) {
	fakes(t, map[string]string{
		"qemu-system-x86_64": `echo "QEMU emulator version 7.2.22 (Debian 1:7.2)"`,
		"qemu-img":           `echo "cannot load libfoo" >&2; exit 127`,
		"apt-get":            "",
	})
	all := Checks(t.Context(), Options{})
	for _, c := range []struct {
		name       string
		ok, needed bool
		found, fix string
	}{
		{"qemu-system-x86_64", true, true, "7.2.22, /", ""},
		{"qemu-img", false, true, "does not start: exit status 127", "apt-get install --reinstall qemu-utils"},
		{"mmdebstrap", false, false, "only debootstrap sources need it", "apt-get install mmdebstrap"},
	} {
		got := find(t, all, c.name)
		if got.OK != c.ok || got.Needed != c.needed || !strings.Contains(got.Found, c.found) || !strings.HasSuffix(got.Fix, c.fix) || c.fix == "" && got.Fix != "" {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestFixWithoutApt(t *testing.T) {
	fakes(t, nil)
	got := find(t, Checks(t.Context(), Options{}), "qemu-img")
	if got.OK || got.Fix != "install what Debian calls qemu-utils" {
		t.Errorf("%+v", got)
	}
}

func TestVersion(t *testing.T) {
	for in, want := range map[string]string{
		"QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg)\nCopyright": "7.2.22",
		"qemu-img version 9.0.1\n":                                    "9.0.1",
		"mmdebstrap 1.3.5":                                            "1.3.5",
		"tool (2.1)":                                                  "2.1",
		"no number":                                                   "",
		"":                                                            "",
	} {
		if got := version(in); got != want {
			t.Errorf("version(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMemory(t *testing.T) {
	for _, c := range []struct {
		name, meminfo string
		ok            bool
		found         string
	}{
		{"plenty", "MemTotal: 9 kB\nMemAvailable:   8388608 kB\n", true, "8192 MiB available"},
		{"too little", "MemAvailable: 524288 kB\n", false, "512 MiB available, a machine takes 1024 MiB"},
		{"no such line", "MemTotal: 9 kB\n", true, "unknown: "},
		{"no number", "MemAvailable: many kB\n", true, "unknown: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "meminfo")
			if err := os.WriteFile(file, []byte(c.meminfo), 0o600); err != nil {
				t.Fatal(err)
			}
			got := memory(Options{Meminfo: file}.withDefaults())
			if got.OK != c.ok || !strings.HasPrefix(got.Found, c.found) || got.OK == (got.Fix != "") {
				t.Errorf("%+v", got)
			}
		})
	}
	if AvailableMiB() <= 0 {
		t.Error("this machine tells no available memory")
	}
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	here, later := disk("d", dir), disk("d", filepath.Join(dir, "not", "yet"))
	if here.OK != later.OK || !strings.Contains(later.Found, "GiB free in "+dir) {
		t.Errorf("%+v, %+v", here, later)
	}
	if proc := disk("d", "/proc"); proc.OK || proc.Fix == "" {
		t.Errorf("/proc has no room, got %+v", proc)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := disk("d", filepath.Join(file, "x")); c.OK || !strings.Contains(c.Found, "not a directory") {
		t.Errorf("below a file: %+v", c)
	}
}

func TestFirmware(t *testing.T) {
	dir := t.TempDir()
	if c := firmware(dir); c.OK || c.Needed || c.Fix == "" {
		t.Errorf("none: %+v", c)
	}
	for _, n := range []string{"60-a.json", "50-b.json", "README"} {
		if err := os.WriteFile(filepath.Join(dir, n), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if c := firmware(dir); !c.OK || c.Found != "50-b, 60-a" {
		t.Errorf("two: %+v", c)
	}
}
