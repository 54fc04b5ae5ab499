package shape

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/disk"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/media"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/digest"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
	"github.com/ovenbird-io/ovenbird/internal/qemuimg"
	"github.com/ovenbird-io/ovenbird/internal/seed"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// room is a folder to work in with a base, a QEMU, and files for the guest.
type room struct{ *testing.T }

func newRoom(t *testing.T) room {
	t.Chdir(t.TempDir())
	r := room{t}
	for name, text := range map[string]string{
		"base": "base", "qemu": "#!/bin/sh\n", "cd/user-data": "a: 1", "cd/deep/file": "x", "served/index": "hi", "aside": "aside",
	} {
		r.write(name, text)
	}
	return r
}

func (r room) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r room) write(name, text string) {
	r.Helper()
	r.must(os.MkdirAll(filepath.Dir(name), 0o755))
	r.must(os.WriteFile(name, []byte(text), 0o755))
}

// machine has the options of a template that sets few.
func (r room) machine() *Machine {
	ssh, spec, disks, cds, http := communicator.Defaults(), hardware.Defaults(), disk.Defaults(), media.Defaults(), fileserver.Defaults()
	spec.QEMUBinary, spec.Accelerator = "./qemu", "tcg"
	return &Machine{Accel: "tcg", Base: "base", SSH: &ssh, Spec: &spec, Disks: &disks, CDs: &cds, HTTP: &http}
}

func (r room) reader() builders.Reader {
	return builders.Reader{
		Hider:  stepkey.NewHider([]string{"hush-hush"}, []byte("key")),
		Digest: func(ctx context.Context, path string) (string, error) { return digest.SHA256(ctx, nil, path) },
	}
}

func (r room) facts(m *Machine) builders.Facts {
	r.Helper()
	f, err := m.Facts(r.Context(), r.reader())
	r.must(err)
	return f
}

// TestFacts changes one thing at a time.
func TestFacts(t *testing.T) {
	full := func(m *Machine) {
		m.CDs.CDFiles, m.CDs.CDContent = []string{"cd/"}, map[string]string{"meta-data": ""}
		m.HTTP.HTTPDirectory = "served"
		m.Disks.AdditionalDisks, m.Disks.DiskSize = []string{"1G", "2G"}, "8G"
	}
	for _, c := range []struct {
		name   string
		change func(r room, m *Machine)
		boot   []string // what Explain says of the boot
		steps  []string // and of the steps
	}{
		{name: "nothing", change: func(room, *Machine) {}},
		{name: "how long to wait", change: func(_ room, m *Machine) { m.SSH.Timeout, m.SSH.HandshakeAttempts = time.Hour, 99 }},
		{name: "windows", change: func(_ room, m *Machine) {
			m.Spec.Headless, m.Spec.VNCPortMin, m.Spec.Display, m.Spec.DisableVNC = true, 5950, "gtk", true
		}},
		{name: "the image", change: func(_ room, m *Machine) {
			m.Disks.DiskCompression, m.Disks.SkipCompaction, m.Disks.QemuImgArgs = true, true, &disk.ImgArgs{Convert: []string{"-r", "1"}}
		}},
		{name: "the image's format", change: func(_ room, m *Machine) { m.Disks.AdditionalDisks, m.Disks.Format = nil, "raw" }, boot: []string{"option disk_additional_size is no longer set", "option format is no longer set"}},
		{name: "ports", change: func(_ room, m *Machine) { m.HTTP.HTTPPortMin, m.HTTP.HTTPPortMax = 8000, 9000 }},
		{name: "the base", change: func(r room, _ *Machine) { r.write("base", "Base") }, boot: []string{"base changed"}},
		{name: "another base that is the same", change: func(r room, m *Machine) { r.write("b2", "base"); m.Base = "b2" }},
		{name: "QEMU", change: func(r room, _ *Machine) { r.write("qemu", "#!/bin/dash\n") }, boot: []string{"the program ./qemu changed"}},
		{name: "memory", change: func(_ room, m *Machine) { m.Spec.Memory = 1024 }, boot: []string{"option memory was 512 and is 1024"}},
		{name: "a disk's size", change: func(_ room, m *Machine) { m.Disks.DiskSize = "9G" }, boot: []string{`option disk_size was "8G" and is "9G"`}},
		{name: "a disk that is not resized", change: func(_ room, m *Machine) { m.Disks.SkipResizeDisk = true }, boot: []string{"option disk_size is no longer set"}},
		{name: "another disk's size", change: func(_ room, m *Machine) { m.Disks.AdditionalDisks = []string{"1G"} }, boot: []string{`option disk_additional_size: item 2, "2G", is gone`}},
		{name: "the disks' format", change: func(_ room, m *Machine) { m.Disks.Format = "raw" }, boot: []string{`option format was "qcow2" and is "raw"`}},
		{name: "how disks are made", change: func(_ room, m *Machine) { m.Disks.QemuImgArgs = &disk.ImgArgs{Create: []string{"-o", "x"}} }, boot: []string{"option qemu_img_args.create is new"}},
		{name: "the accelerator", change: func(_ room, m *Machine) { m.Spec.Accelerator, m.Accel = "hvf", "hvf" }, boot: []string{`option accelerator was "tcg" and is "hvf"`, "accelerator in use was \"tcg\" and is \"hvf\"", "the host's processor is new"}},
		{name: "a file on the CD", change: func(r room, _ *Machine) { r.write("cd/user-data", "a: 2") }, boot: []string{"CD file user-data changed"}},
		{name: "a new file there", change: func(r room, _ *Machine) { r.write("cd/deep/new", "") }, boot: []string{"CD file deep/new is new"}},
		{name: "a file where a link leads to", change: func(r room, _ *Machine) {
			r.must(os.Remove("cd/deep/file"))
			r.must(os.Symlink("../../aside", "cd/deep/file"))
		}, boot: []string{"CD file deep/file changed"}},
		{name: "text on the CD", change: func(_ room, m *Machine) { m.CDs.CDContent["meta-data"] = "x" }, boot: []string{`option cd_content: meta-data was "" and is "x"`}},
		{name: "cloud-init", change: func(_ room, m *Machine) { m.CDs.CloudInit = &seed.CloudInit{UserData: "#cloud-config\n"} }, boot: []string{
			"option cloud_init.user_data is new", "option http_directory is new", "folder served is used now",
		}},
		{name: "a terminal", change: func(_ room, m *Machine) { m.SSH.PTY = true }, steps: []string{"option ssh_pty is new"}},
		{name: "who is let in", change: func(_ room, m *Machine) { m.SSH.Username = "joe" }, boot: []string{"the login was \"root, ed25519\" and is \"joe, ed25519\""}, steps: []string{"the user of the steps was \"root\" and is \"joe\""}},
		{name: "the kind of key", change: func(_ room, m *Machine) { m.SSH.TemporaryKeyPairType, m.SSH.TemporaryKeyPairBits = "rsa", 2048 }, boot: []string{"the login was \"root, ed25519\" and is \"root, rsa, 2048\""}},
		{name: "a login of the base", change: func(_ room, m *Machine) { m.SSH.Username, m.SSH.Password = "joe", "hush-hush" }, boot: []string{"the login is gone"}, steps: []string{"the user of the steps was \"root\" and is \"joe\""}},
		{name: "what is served", change: func(r room, _ *Machine) { r.write("served/index", "ho") }, steps: []string{"folder served changed"}},
		{name: "text that is served", change: func(_ room, m *Machine) {
			m.HTTP.HTTPDirectory, m.HTTP.HTTPContent = "", map[string]string{"/a": "x"}
		}, steps: []string{"option http_content is new", "option http_directory is no longer set", "folder served is no longer used"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRoom(t)
			m := r.machine()
			full(m)
			old := r.facts(m)
			c.change(r, m)
			now := r.facts(m)
			if got := stepkey.Explain(old.Boot, now.Boot); !slices.Equal(got, c.boot) {
				t.Errorf("of the boot: %q, want %q", got, c.boot)
			}
			if got := stepkey.Explain(old.Steps, now.Steps); !slices.Equal(got, c.steps) {
				t.Errorf("of the steps: %q, want %q", got, c.steps)
			}
			if now.Ages != (m.CDs.CloudInit != nil) {
				t.Errorf("ages: %t", now.Ages)
			}
		})
	}
}

// TestServedLinks has the content of what links lead to count, also in a ring.
func TestServedLinks(t *testing.T) {
	r := newRoom(t)
	r.write("far/file", "1")
	r.must(os.Symlink("../far", "served/folder"))
	r.must(os.Symlink("../served", "far/back"))
	r.must(os.Symlink("../aside", "served/file"))
	r.must(os.Symlink("nowhere", "served/dangling"))
	m := r.machine()
	m.HTTP.HTTPDirectory = "served"
	old := r.facts(m)
	for name, want := range map[string]string{"far/file": "folder served/folder changed", "aside": "file served/file changed"} {
		text, err := os.ReadFile(name)
		r.must(err)
		r.write(name, "2")
		if got := stepkey.Explain(old.Steps, r.facts(m).Steps); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
		r.write(name, string(text))
	}
	if got := stepkey.Explain(old.Steps, r.facts(m).Steps); got != nil {
		t.Errorf("back again: %q", got)
	}
}

func TestPatternsOfTheCD(t *testing.T) {
	r := newRoom(t)
	r.write("a-1.cfg", "1")
	m := r.machine()
	m.CDs.CDFiles = []string{"a-*.cfg"}
	old := r.facts(m)
	r.write("a-2.cfg", "2")
	if got := stepkey.Explain(old.Boot, r.facts(m).Boot); !slices.Equal(got, []string{"CD file a-2.cfg is new"}) {
		t.Errorf("got %q", got)
	}
}

func TestLayeredBase(t *testing.T) {
	r := newRoom(t)
	for _, args := range [][]string{
		{"create", "-q", "-f", "raw", "lowest", "64K"},
		{"create", "-q", "-f", "qcow2", "-F", "raw", "-b", "lowest", "low"},
		{"create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "low", "base"},
	} {
		_, err := qemuimg.Run(t.Context(), args...)
		r.must(err)
	}
	m := r.machine()
	old := r.facts(m)
	r.write("lowest", strings.Repeat("x", 64<<10))
	if got := stepkey.Explain(old.Boot, r.facts(m).Boot); !slices.Equal(got, []string{"base's backing file's backing file changed"}) {
		t.Errorf("got %q", got)
	}
}

func TestNoSecretIsNamed(t *testing.T) {
	r := newRoom(t)
	m := r.machine()
	m.CDs.CDContent = map[string]string{"user-data": "password: hush-hush\n"}
	m.CDs.CloudInit = &seed.CloudInit{UserData: "password: hush-hush\n"}
	m.HTTP.HTTPContent = map[string]string{"/ks": "rootpw hush-hush"}
	f := r.facts(m)
	for _, fact := range slices.Concat(f.Boot, f.Steps) {
		if strings.Contains(fact.Name+fact.Value, "hush") {
			t.Errorf("%s: %s", fact.Name, fact.Value)
		}
	}
}

func TestFactsFail(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Machine)
		want   string
	}{
		"base":   {func(m *Machine) { m.Base = "none" }, "reading the base image: "},
		"QEMU":   {func(m *Machine) { m.Spec.QEMUBinary = "./none" }, "finding QEMU: "},
		"the CD": {func(m *Machine) { m.CDs.CDFiles = []string{"none*"} }, "cd_files: "},
		"served": {func(m *Machine) { m.HTTP.HTTPDirectory = "none" }, "http_directory: "},
	} {
		r := newRoom(t)
		m := r.machine()
		c.change(m)
		if _, err := m.Facts(t.Context(), r.reader()); err == nil || !strings.HasPrefix(err.Error(), c.want) || name != "QEMU" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUnnamed(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Machine)
		why    string
	}{
		"plain":                {func(*Machine) {}, ""},
		"nobody":               {func(m *Machine) { m.SSH.Communicator = "none" }, "nobody enters the machine"},
		"a bridge":             {func(m *Machine) { m.Spec.NetBridge = "br0" }, "the machine is reached through a network of its own"},
		"an address":           {func(m *Machine) { m.SSH.Host = "10.1.1.1" }, "the machine is reached through a network of its own"},
		"harmless arguments":   {func(m *Machine) { m.Spec.QEMUArgs = [][]string{{"-m", "1G"}, {"-cpu", "max"}} }, ""},
		"a disk of the user's": {func(m *Machine) { m.Spec.QEMUArgs = [][]string{{"-m", "1G"}, {"-drive", "file=x"}} }, "qemuargs: -drive"},
		"a network of QEMU's":  {func(m *Machine) { m.Spec.QEMUArgs = [][]string{{"-netdev", "user,id=user.0,hostfwd=tcp::2222-:22"}} }, ""},
		"a folder in it":       {func(m *Machine) { m.Spec.QEMUArgs = [][]string{{"-netdev", "user,id=user.0,tftp=boot"}} }, "qemuargs: -netdev"},
		"a program in it": {func(m *Machine) {
			m.Spec.QEMUArgs = [][]string{{"-netdev", "user,id=user.0", ",guestfwd=tcp:10.0.2.100:80-cmd:x"}}
		}, "qemuargs: -netdev"},
		"a network of the host": {func(m *Machine) { m.Spec.QEMUArgs = [][]string{{"-netdev", "tap,id=user.0"}} }, "qemuargs: -netdev"},
		"what each run renders": {func(m *Machine) { m.Spec.QEMUArgs = [][]string{{"-boot", "{{ .Name }}"}} }, "qemuargs: -boot"},
	} {
		m := newRoom(t).machine()
		c.change(m)
		if got := m.Unnamed(); got != c.why {
			t.Errorf("%s: %q, want %q", name, got, c.why)
		}
	}
}

// TestAgain has a served file change while a build runs.
func TestAgain(t *testing.T) {
	r := newRoom(t)
	m := r.machine()
	m.HTTP.HTTPDirectory = "served"
	f, err := m.Facts(t.Context(), r.reader())
	if err != nil {
		t.Fatal(err)
	}
	own := func() ([]stepkey.Fact, error) { return []stepkey.Fact{stepkey.Text("own", "1")}, nil }
	same, err := f.With(own)
	if err != nil || len(stepkey.Explain(f.Steps, same)) != 1 { // the step's own fact is new
		t.Errorf("nothing has changed: %v, %v", stepkey.Explain(f.Steps, same), err)
	}
	r.write("served/index", "ho")
	now, err := f.With(own)
	if got := stepkey.Explain(same, now); err != nil || len(got) != 1 || got[0] != "folder served changed" {
		t.Errorf("%v, %v", got, err)
	}
}
