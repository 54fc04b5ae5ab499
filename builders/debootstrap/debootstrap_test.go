package debootstrap

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(b *Builder)
		want []string // the options at fault
	}{
		{"defaults", func(*Builder) {}, nil},
		{"all of them good", func(b *Builder) {
			b.Suite, b.Mirror, b.SecurityMirror = "sid", "https://m.example/debian", "none"
			b.Packages, b.Format, b.DiskSize, b.VMName = []string{"libstdc++6", "nginx"}, "raw", "20g", "disk.img"
		}, nil},
		{"every one bad", func(b *Builder) {
			b.Suite, b.Mirror, b.SecurityMirror, b.Variant = "book worm", "[x] http://m", "", "huge"
			b.Components, b.Packages = []string{"main;"}, []string{"nginx,vim"}
			b.DiskSize, b.Hostname, b.OutputDirectory, b.Format, b.VMName = "big", "a b", "", "vmdk", "../x"
		}, []string{
			"suite", "mirror", "security_mirror", "components", "packages", "variant", "disk_size", "hostname",
			"output_directory", "format", "vm_name",
		}},
		{"too small a disk", func(b *Builder) { b.DiskSize = "1G" }, []string{"disk_size"}},
		{"the package list's name", func(b *Builder) { b.VMName = "packages.txt" }, []string{"vm_name"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := New(builders.Env{Name: "base"}).(*Builder)
			c.set(b)
			var got []string
			for _, p := range option.Problems(b.Validate()) {
				got = append(got, p.Option)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParseSize(t *testing.T) {
	for _, c := range []struct {
		text string
		want int64
		ok   bool
	}{
		{"4G", 4 << 30, true},
		{"2048", 2 << 30, true},
		{"2048M", 2 << 30, true},
		{"2gib", 2 << 30, true},
		{"1500K", mib, true},
		{"1T", 1 << 40, true},
		{"", 0, false},
		{"4.5G", 0, false},
		{"-1G", 0, false},
		{"999999999T", 0, false},
	} {
		if got, err := parseSize(c.text); got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: got %d, %v; want %d", c.text, got, err, c.want)
		}
	}
}

func TestArguments(t *testing.T) {
	if args := isolate(0); slices.Contains(args, "--map-auto") {
		t.Errorf("root needs no user name space: %q", args)
	}
	if args := isolate(1000); !slices.Contains(args, "--map-auto") || !slices.Contains(args, "--kill-child") {
		t.Errorf("a user needs one, and nothing may outlive it: %q", args)
	}
	b := New(builders.Env{Name: "base"}).(*Builder)
	b.Packages = []string{"nginx"}
	args := b.mmdebstrap("/work", []entry{{"http://m.example/debian", "bookworm", []string{"main"}, "/k.gpg"}})
	at := slices.Index(args, "bookworm")
	want := []string{"bookworm", "/dev/null", "deb [signed-by=/k.gpg] http://m.example/debian bookworm main"}
	if at < 0 || !slices.Equal(args[at:], want) {
		t.Errorf("got %q, want it to end in %q", args, want)
	}
	if !slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "--include=linux-image-cloud-amd64,") && strings.HasSuffix(a, ",nginx")
	}) {
		t.Errorf("packages missing: %q", args)
	}
}

func TestHideout(t *testing.T) {
	for _, c := range []struct{ work, not string }{{"/home/u/.x", ""}, {"/mnt/images/.x", "/mnt"}, {"/mnt", "/mnt"}} {
		if got := hideout(c.work); got == "" || got == c.not {
			t.Errorf("work in %s: got %q", c.work, got)
		}
	}
}

func TestHasRange(t *testing.T) {
	const text = "alice:100000:65536\n1001:165536:65536\nbob:231072:1000\nbad\n"
	for _, c := range []struct {
		name, uid string
		want      bool
	}{
		{"alice", "1000", true},
		{"carol", "1001", true},
		{"bob", "1002", false},
		{"dave", "1003", false},
	} {
		if got := hasRange(text, c.name, c.uid); got != c.want {
			t.Errorf("%s: got %v", c.name, got)
		}
	}
}

func TestBootRefusesToReplaceOutput(t *testing.T) {
	b := New(builders.Env{Name: "base"}).(*Builder)
	b.OutputDirectory = t.TempDir()
	if _, err := b.Boot(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "-force") {
		t.Errorf("got %v", err)
	}
}

// finished is a machine as Boot returns it, with a disk of a few bytes.
func finished(t *testing.T, force bool) (*machine, string) {
	t.Helper()
	parent := t.TempDir()
	work, err := scratch.New(parent, ".x-")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"base.qcow2", "packages.txt"} {
		if err := os.WriteFile(work.Join(name), []byte("new"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := New(builders.Env{Name: "base", Force: force}).(*Builder)
	b.OutputDirectory = filepath.Join(parent, "out")
	return &machine{b: b, work: work}, b.OutputDirectory
}

func TestSealAndClose(t *testing.T) {
	for _, c := range []struct {
		name            string
		old, force, bad bool
	}{
		{"fresh", false, false, false},
		{"forced over an old one", true, true, false},
		{"an old one appeared meanwhile", true, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, dir := finished(t, c.force)
			if c.old {
				if err := os.MkdirAll(filepath.Join(dir, "old"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			art, err := m.Seal(t.Context())
			if (err != nil) != c.bad {
				t.Fatalf("Seal: %v", err)
			}
			for range 2 {
				if err := m.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".x-*")); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if c.bad {
				return
			}
			if _, err := os.Stat(filepath.Join(dir, "old")); err == nil {
				t.Error("the old output is still there")
			}
			if art.Details["disk"] != filepath.Join(dir, "base.qcow2") || len(art.Files) != 2 {
				t.Errorf("artifact %+v", art)
			}
			if err := art.Destroy(nil); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("it is still there: %v", err)
			}
		})
	}
}

func TestProgress(t *testing.T) {
	p := newProgress(nil)
	for _, s := range []string{"I: installing", " things...\nSetting up a\r\n", "10%\r20%\rdone\n", "Get:1 x\nE: bad\n"} {
		if n, err := p.Write([]byte(s)); n != len(s) || err != nil {
			t.Fatalf("wrote %d of %q: %v", n, s, err)
		}
	}
	if want := []string{"Setting up a", "done", "E: bad"}; !slices.Equal(p.tail, want) {
		t.Errorf("kept %q, want %q", p.tail, want)
	}
	for range 3 * tailLines {
		p.line("x")
	}
	if len(p.tail) != tailLines {
		t.Errorf("kept %d lines", len(p.tail))
	}
}
