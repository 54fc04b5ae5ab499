package vagrant

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// run runs a program of the system and returns its output.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %s: %v", name, strings.Join(args, " "), out, err)
	}
	return string(out)
}

// bake makes the artifact of a qemu build in a folder of its own and goes there.
func bake(t *testing.T, format, size string, further int) *artifact.Artifact {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("output-web", 0o755); err != nil {
		t.Fatal(err)
	}
	files := []string{"output-web/web"}
	for n := range further {
		files = append(files, files[0]+"-"+string(rune('1'+n)))
	}
	for _, f := range files {
		run(t, "qemu-img", "create", "-q", "-f", format, f, size)
	}
	return &artifact.Artifact{
		Builder: "transcend.qemu", ID: "VM", Title: "VM files in directory: output-web", Files: files,
		Details: map[string]string{"disk": files[0], "format": format},
		Destroy: func(kept []string) error { return artifact.Remove(append(files, "output-web"), kept) },
	}
}

func component(set func(*Vagrant)) *Vagrant {
	v := New(postprocessors.Env{BuildName: "web", BuilderType: "qemu"}).(*Vagrant)
	if set != nil {
		set(v)
	}
	return v
}

// unpack opens a box with tar, says what is in it and reads its metadata.
func unpack(t *testing.T, box string) (names []string, meta map[string]any) {
	t.Helper()
	run(t, "tar", "-xf", box)
	raw, err := os.ReadFile("metadata.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &meta); err != nil {
		t.Fatal(err)
	}
	return strings.Fields(run(t, "tar", "-tf", box)), meta
}

// imageOf asks qemu-img about an image.
func imageOf(t *testing.T, path string) (format string, size int64, backing bool) {
	t.Helper()
	var info struct {
		Format  string `json:"format"`
		Size    int64  `json:"virtual-size"`
		Backing string `json:"backing-filename"`
	}
	if err := json.Unmarshal([]byte(run(t, "qemu-img", "info", "--output=json", path)), &info); err != nil {
		t.Fatal(err)
	}
	return info.Format, info.Size, info.Backing != ""
}

// The metadata of a box must agree with what qemu-img says of its image.
func TestMetadataAgreesWithTheImage(t *testing.T) {
	for name, c := range map[string]struct {
		format, size string
		want         float64
	}{
		"whole GiB":  {"qcow2", "2G", 2},
		"rounded up": {"qcow2", "2049M", 3},
		"small":      {"qcow2", "1M", 1},
		"raw":        {"raw", "1100M", 2},
		"artifice":   {"", "2G", 2},
	} {
		t.Run(name, func(t *testing.T) {
			in, p := bake(t, cmp.Or(c.format, "qcow2"), c.size, 0), component(nil)
			if c.format == "" { // nobody says what the files are
				in.Details, p.ProviderOverride = nil, libvirt
			}
			made, err := p.Process(t.Context(), in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(made.Files, []string{"packer_web_libvirt.box"}) || made.ID != "libvirt" || made.Builder != builderID {
				t.Errorf("artifact is %+v", made)
			}
			names, meta := unpack(t, made.Files[0])
			if !slices.Equal(names, []string{"metadata.json", "Vagrantfile", "box.img"}) {
				t.Errorf("the box holds %v", names)
			}
			format, size, backing := imageOf(t, "box.img")
			if format != "qcow2" || backing || meta["format"] != format || meta["provider"] != "libvirt" {
				t.Errorf("image is %s, backing %t, metadata %v", format, backing, meta)
			}
			if meta["virtual_size"] != c.want || size > int64(c.want)<<30 || size <= int64(c.want-1)<<30 {
				t.Errorf("image has %d bytes, metadata says %v", size, meta["virtual_size"])
			}
			if gz, _ := os.ReadFile(made.Files[0]); !strings.HasPrefix(string(gz), "\x1f\x8b") {
				t.Error("the box is not compressed")
			}
		})
	}
}

// A box must not need files of this host.
func TestOverlayIsFlattened(t *testing.T) {
	in := bake(t, "qcow2", "64M", 0)
	run(t, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", "web", "output-web/top")
	in.Files, in.Details["disk"] = []string{"output-web/top"}, "output-web/top"
	made, err := component(nil).Process(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	unpack(t, made.Files[0])
	if _, size, backing := imageOf(t, "box.img"); backing || size != 64<<20 {
		t.Errorf("%d bytes, backing %t", size, backing)
	}
}

// A guest that writes the head of a qcow2 image to its raw disk must not get a
// file of the host into the box.
func TestRawDiskIsNotTakenForAnotherFormat(t *testing.T) {
	in := bake(t, "raw", "1M", 0)
	if err := os.WriteFile("secret", []byte(strings.Repeat("secret!\n", 8192)), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", "../secret", "output-web/web")
	made, err := component(nil).Process(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	unpack(t, made.Files[0])
	run(t, "qemu-img", "convert", "-f", "qcow2", "-O", "raw", "box.img", "raw.img")
	got, err := os.ReadFile("raw.img")
	if err != nil || strings.Contains(string(got), "secret!") || !strings.HasPrefix(string(got), "QFI\xfb") {
		t.Errorf("the box holds %q..., error %v", got[:min(8, len(got))], err)
	}
}

func TestFurtherDisks(t *testing.T) {
	in := bake(t, "qcow2", "64M", 2)
	in.Files = append(in.Files, "sums") // what checksum adds is no disk
	made, err := component(nil).Process(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	names, meta := unpack(t, made.Files[0])
	if !slices.Equal(names, []string{"metadata.json", "Vagrantfile", "box_1.img", "box_2.img", "box_3.img"}) {
		t.Errorf("the box holds %v", names)
	}
	disks, _ := meta["disks"].([]any)
	if len(disks) != 3 || disks[0].(map[string]any)["path"] != "box_1.img" || meta["format"] != nil {
		t.Errorf("metadata is %v", meta)
	}
}

func TestOptions(t *testing.T) {
	in := bake(t, "qcow2", "64M", 0)
	for name, text := range map[string]string{"own.rb": "# mine\n", "notes.txt": "hello"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	none := 0
	made, err := component(func(v *Vagrant) {
		v.Output = "nowhere"
		v.Include = []string{"./notes.txt"}
		v.Override = map[string]Box{
			"libvirt": {
				Output: "boxes/{{.BuildName}}-{{.Provider}}-{{.ArtifactId}}-{{.Architecture}}.box", CompressionLevel: &none,
				VagrantfileTemplate: "own.rb", Architecture: "arm64",
			},
			"virtualbox": {Output: "not this"},
		}
	}).Process(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(made.Files, []string{"boxes/web-libvirt-VM-arm64.box"}) {
		t.Fatalf("made %v", made.Files)
	}
	names, meta := unpack(t, made.Files[0])
	if !slices.Contains(names, "notes.txt") || meta["architecture"] != "arm64" {
		t.Errorf("the box holds %v, metadata %v", names, meta)
	}
	if own, _ := os.ReadFile("Vagrantfile"); !strings.HasSuffix(string(own), "end\n\n# mine\n") {
		t.Errorf("Vagrantfile is %s", own)
	}
	if box, _ := os.ReadFile(made.Files[0]); !strings.HasPrefix(string(box), "metadata.json") {
		t.Error("the box is compressed")
	}
	if left, _ := os.ReadDir("boxes"); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// A box in the folder of its images outlives them.
func TestBoxBesideTheImages(t *testing.T) {
	in := bake(t, "qcow2", "64M", 0)
	made, err := component(func(v *Vagrant) { v.Output = "output-web/web.box" }).Process(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Destroy(nil); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir("output-web"); len(left) != 1 || left[0].Name() != "web.box" {
		t.Errorf("left: %v", left)
	}
	if err := made.Destroy(nil); err != nil {
		t.Error(err)
	}
}

func TestProcessFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		set  func(*Vagrant)
		in   func(*artifact.Artifact)
		want string
	}{
		"no disks":      {t.Context(), nil, func(a *artifact.Artifact) { a.Details = nil }, "provider_override"},
		"no files":      {t.Context(), func(v *Vagrant) { v.ProviderOverride = libvirt }, func(a *artifact.Artifact) { a.Details, a.Files = nil, nil }, "no files"},
		"missing disk":  {t.Context(), nil, func(a *artifact.Artifact) { a.Details["disk"] = "gone" }, "gone"},
		"same name":     {t.Context(), func(v *Vagrant) { v.Include = []string{"x/box.img"} }, nil, "two files called box.img"},
		"no include":    {t.Context(), func(v *Vagrant) { v.Include = []string{"x/more"} }, nil, "x/more"},
		"no recipe":     {t.Context(), func(v *Vagrant) { v.VagrantfileTemplate = "own.rb" }, nil, "vagrantfile_template"},
		"cancelled":     {cancelled, nil, nil, "canceled"},
		"not an image":  {t.Context(), nil, func(a *artifact.Artifact) { _ = os.Truncate("output-web/web", 0) }, "qemu-img"},
		"unknown value": {t.Context(), func(v *Vagrant) { v.Output = "{{.Nonsense}}" }, nil, "Nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			in := bake(t, "qcow2", "64M", 0)
			if c.in != nil {
				c.in(in)
			}
			_, err := component(c.set).Process(c.ctx, in, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
			if left, _ := os.ReadDir("."); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	ten := 10
	for name, c := range map[string]struct {
		set  func(*Vagrant)
		want []string
	}{
		"defaults":       {nil, nil},
		"libvirt":        {func(v *Vagrant) { v.ProviderOverride = "libvirt" }, nil},
		"other provider": {func(v *Vagrant) { v.ProviderOverride = "virtualbox" }, []string{"provider_override"}},
		"bad level":      {func(v *Vagrant) { v.CompressionLevel = &ten }, []string{"compression_level"}},
		"bad own level":  {func(v *Vagrant) { v.Override = map[string]Box{"libvirt": {CompressionLevel: &ten}} }, []string{"override"}},
		"another's":      {func(v *Vagrant) { v.Override = map[string]Box{"vmware": {CompressionLevel: &ten}} }, nil},
		"bad template":   {func(v *Vagrant) { v.Output = "{{.Nonsense}}" }, []string{"output"}},
		"no recipe":      {func(v *Vagrant) { v.VagrantfileTemplate = "/no/such" }, []string{"vagrantfile_template"}},
		"recipe later": {func(v *Vagrant) {
			v.VagrantfileTemplate, v.VagrantfileTemplateGenerated = "/no/such", true
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range option.Problems(component(c.set).Validate()) {
				got = append(got, p.Option)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("problems with %v, want %v", got, c.want)
			}
		})
	}
}
