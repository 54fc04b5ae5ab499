package checksum

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// bake makes an artifact of two files in a folder of its own and goes there.
func bake(t *testing.T) *artifact.Artifact {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.Mkdir("output-web", 0o755); err != nil {
		t.Fatal(err)
	}
	files := []string{"output-web/disk image", "output-web/odd\\name"}
	for _, f := range files {
		if err := os.WriteFile(f, []byte(f), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return &artifact.Artifact{Builder: "transcend.qemu", ID: "VM", Title: "a disk", Files: files}
}

func component(set func(*Checksum)) *Checksum {
	c := New(postprocessors.Env{BuildName: "web", BuilderType: "qemu"}).(*Checksum)
	if set != nil {
		set(c)
	}
	return c
}

func TestChecksumFilesAreAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*Checksum)
		want []string // checksum files, and the programs that accept them
		tool []string
	}{
		"defaults": {nil, []string{"packer_web_qemu_sha256.checksum"}, []string{"sha256sum"}},
		"every type": {
			func(c *Checksum) {
				c.Types = []string{"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
				c.Output = "sums/{{.ChecksumType}}"
			},
			[]string{"sums/md5", "sums/sha1", "sums/sha224", "sums/sha256", "sums/sha384", "sums/sha512"},
			[]string{"md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum"},
		},
		"beside the files": {func(c *Checksum) { c.Output = "output-web/SHA256SUMS" }, []string{"output-web/SHA256SUMS"}, []string{"sha256sum"}},
		"one file, one type": {
			func(c *Checksum) { c.Types = []string{"sha512", "sha512", "sha512"}; c.Output = "{{build_name}}.sums" },
			[]string{"web.sums"},
			[]string{"sha512sum"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := bake(t)
			before := slices.Clone(in.Files)
			for range 2 { // a second run replaces
				out, err := component(c.set).Process(t.Context(), in, nil)
				if err != nil {
					t.Fatal(err)
				}
				if want := append(slices.Clone(before), c.want...); !slices.Equal(out.Files, want) || out.ID != "VM" {
					t.Errorf("artifact is %+v", out)
				}
			}
			if !slices.Equal(in.Files, before) {
				t.Errorf("the input changed: %v", in.Files)
			}
			for i, file := range c.want {
				cmd := exec.CommandContext(t.Context(), c.tool[i], "--strict", "-c", filepath.Base(file))
				cmd.Dir = filepath.Dir(file)
				if out, err := cmd.CombinedOutput(); err != nil || strings.Count(string(out), ": OK") != 2 {
					t.Errorf("%s: %s, error %v", file, out, err)
				}
			}
		})
	}
}

func TestFilesBesideTheSumsStay(t *testing.T) {
	in := bake(t)
	if err := os.WriteFile("sums.new", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := component(func(c *Checksum) { c.Output = "sums" }).Process(t.Context(), in, nil); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile("sums.new"); err != nil || string(text) != "mine" {
		t.Errorf("a file of the user's is %q, %v", text, err)
	}
}

func TestProcessIgnoresItsOwnFile(t *testing.T) {
	in := bake(t)
	in.Files = append(in.Files, "packer_web_qemu_sha256.checksum")
	out, err := component(nil).Process(t.Context(), in, nil)
	if err != nil || len(out.Files) != 3 {
		t.Errorf("artifact is %+v, error %v", out, err)
	}
}

func TestDestroyRemovesTheChecksums(t *testing.T) {
	in := bake(t)
	destroyed := false
	in.Destroy = func([]string) error { destroyed = true; return nil }
	out, err := component(nil).Process(t.Context(), in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := out.Destroy(nil); err != nil || destroyed {
		t.Errorf("error %v, input destroyed: %t", err, destroyed)
	}
	if _, err := os.Stat(out.Files[2]); !os.IsNotExist(err) {
		t.Errorf("%s is still there", out.Files[2])
	}
}

func TestProcessWithoutFiles(t *testing.T) {
	in := &artifact.Artifact{ID: "eu-central-1:ami-1"}
	if out, err := component(nil).Process(t.Context(), in, nil); err != nil || out != in {
		t.Errorf("got %+v, error %v", out, err)
	}
}

func TestProcessFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		file string
		want string
	}{
		"missing":   {t.Context(), "nothing", "no such file"},
		"folder":    {t.Context(), "output-web", "no regular file"},
		"cancelled": {cancelled, "output-web/disk image", "canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			in := bake(t)
			in.Files = []string{c.file}
			_, err := component(nil).Process(c.ctx, in, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
			if left, _ := filepath.Glob("packer_*"); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*Checksum)
		want []string
	}{
		"defaults":     {nil, nil},
		"run facts":    {func(c *Checksum) { c.Output = "{{build `ID`}}-{{.ChecksumType}}" }, nil},
		"bad types":    {func(c *Checksum) { c.Types = []string{"crc32", "sha256", "MD5"} }, []string{"checksum_types", "checksum_types"}},
		"no type":      {func(c *Checksum) { c.Types = nil }, nil},
		"bad template": {func(c *Checksum) { c.Output = "{{.Nonsense}}" }, []string{"output"}},
		"two problems": {func(c *Checksum) { c.Types = []string{"crc"}; c.Output = "" }, []string{"checksum_types", "output"}},
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
