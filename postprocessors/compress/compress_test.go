package compress

import (
	"bytes"
	"context"
	"errors"
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

// bake makes an artifact in a folder of its own and goes there. Its disk is
// mostly a hole.
func bake(t *testing.T, further ...string) *artifact.Artifact {
	t.Helper()
	t.Chdir(t.TempDir())
	files := append([]string{"output-web/disk"}, further...)
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f, []byte(f), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(f, 3<<20); err != nil {
			t.Fatal(err)
		}
	}
	return &artifact.Artifact{
		Builder: "transcend.qemu", ID: "VM", Title: "a disk", Files: files,
		Destroy: func(kept []string) error { return artifact.Remove(append(files, "output-web"), kept) },
	}
}

func component(set func(*Compress)) *Compress {
	c := New(postprocessors.Env{BuildName: "web", BuilderType: "qemu"}).(*Compress)
	if set != nil {
		set(c)
	}
	return c
}

// The system's own programs must find the disk as it was.
func TestSystemProgramsAcceptTheFile(t *testing.T) {
	for name, c := range map[string]struct {
		output, format string
		level          int
		want           string   // the file made
		tool           []string // prints the disk
	}{
		"default":      {"", "", 0, "packer_web_qemu", []string{"tar", "-xzOf", "@", "disk"}},
		"tar":          {"x.tar", "", 0, "x.tar", []string{"tar", "-xOf", "@", "disk"}},
		"zip":          {"x.zip", "", 9, "x.zip", []string{"unzip", "-p", "@", "output-web/disk"}},
		"gz":           {"a/b/x.gz", "", 1, "a/b/x.gz", []string{"gzip", "-dc", "@"}},
		"zst":          {"x.zst", "", 9, "x.zst", []string{"zstd", "-dc", "@"}},
		"xz":           {"x.xz", "", -1, "x.xz", []string{"xz", "-dc", "@"}},
		"bz2":          {"x.bz2", "", 40, "x.bz2", []string{"bzip2", "-dc", "@"}},
		"lz4":          {"x.lz4", "", 9, "x.lz4", []string{"lz4", "-dc", "@"}},
		"bgzf":         {"x.bgzf", "", 3, "x.bgzf", []string{"gzip", "-dc", "@"}},
		"tar.zst":      {"{{.BuildName}}.tar.zst", "", 0, "web.tar.zst", []string{"tar", "--zstd", "-xOf", "@", "disk"}},
		"format first": {"x.zip", "tar.gz", 0, "x.zip", []string{"tar", "-xzOf", "@", "disk"}},
		"unknown end":  {"web-1.2", "", 0, "web-1.2", []string{"tar", "-xzOf", "@", "disk"}},
		"in a tar.bz2": {"x.tar.bz2", "", 0, "x.tar.bz2", []string{"tar", "-xjOf", "@", "disk"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := bake(t)
			want, err := os.ReadFile(in.Files[0])
			if err != nil {
				t.Fatal(err)
			}
			made, err := component(func(p *Compress) {
				p.Format, p.CompressionLevel = c.format, c.level
				if c.output != "" {
					p.Output = c.output
				}
			}).Process(t.Context(), in, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(made.Files, []string{c.want}) || made.Builder != builderID || !strings.HasSuffix(made.Title, c.want) {
				t.Errorf("artifact is %+v", made)
			}
			for i := range c.tool {
				c.tool[i] = strings.Replace(c.tool[i], "@", c.want, 1)
			}
			got, err := exec.CommandContext(t.Context(), c.tool[0], c.tool[1:]...).Output()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes back, error %v", len(got), err)
			}
		})
	}
}

func TestNamesInTheArchive(t *testing.T) {
	for name, c := range map[string]struct {
		output  string
		further string
		want    string
	}{
		"tar":           {"x.tar", "output-web/disk-1", "disk disk-1"},
		"tar of equals": {"x.tar", "other/disk", "output-web/disk other/disk"},
		"zip":           {"x.zip", "./other/../other/more", "output-web/disk other/more"},
		"zip from up":   {"x.zip", "../up", "output-web/disk up"},
	} {
		t.Run(name, func(t *testing.T) {
			in := bake(t, c.further)
			if _, err := component(func(p *Compress) { p.Output = c.output }).Process(t.Context(), in, nil); err != nil {
				t.Fatal(err)
			}
			tool := []string{"tar", "-tf"}
			if c.output == "x.zip" {
				tool = []string{"unzip", "-Z1"}
			}
			got, err := exec.CommandContext(t.Context(), tool[0], tool[1], c.output).Output()
			if names := strings.Join(strings.Fields(string(got)), " "); err != nil || names != c.want {
				t.Errorf("it holds %s, error %v", names, err)
			}
		})
	}
}

// What is made in the folder of the artifact outlives it.
func TestFileBesideTheDisk(t *testing.T) {
	in := bake(t)
	for range 2 { // a second run replaces
		if _, err := component(func(c *Compress) { c.Output = "output-web/web.tar.gz" }).Process(t.Context(), in, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Destroy(nil); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob("output-web/*"); !slices.Equal(left, []string{"output-web/web.tar.gz"}) {
		t.Errorf("left: %v", left)
	}
}

func TestProcessFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context
		output string
		files  []string
		want   string
	}{
		"two files":  {t.Context(), "x.gz", []string{"output-web/disk", "output-web/b"}, "use tar.gz or zip"},
		"itself":     {t.Context(), "./output-web/disk", []string{"output-web/disk"}, "another name"},
		"missing":    {t.Context(), "x.zip", []string{"nothing"}, "no such file"},
		"folder":     {t.Context(), "x.tar", []string{"output-web"}, "no regular file"},
		"cancelled":  {cancelled, "x.tar.xz", []string{"output-web/disk"}, "canceled"},
		"a folder":   {t.Context(), "output-web", []string{"output-web/disk"}, "output-web"},
		"bad option": {t.Context(), "{{.Nonsense}}", []string{"output-web/disk"}, "Nonsense"},
	} {
		t.Run(name, func(t *testing.T) {
			in := bake(t)
			in.Files = c.files
			_, err := component(func(p *Compress) { p.Output = c.output }).Process(c.ctx, in, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v", err)
			}
			if left, _ := os.ReadDir("."); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestArtifactWithoutFiles(t *testing.T) {
	in := &artifact.Artifact{ID: "eu-central-1:ami-1"}
	if out, err := component(nil).Process(t.Context(), in, nil); err != nil || out != in {
		t.Errorf("got %+v, error %v", out, err)
	}
}

func TestDestroyRemovesTheFile(t *testing.T) {
	made, err := component(nil).Process(t.Context(), bake(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := made.Destroy(nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(made.Files[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		set      func(*Compress)
		want     []string
		warnings int
	}{
		"defaults":     {nil, nil, 0},
		"formats":      {func(c *Compress) { c.Format = ".TAR.GZ" }, nil, 0},
		"run facts":    {func(c *Compress) { c.Output = "{{build `ID`}}.zip" }, nil, 0},
		"bad format":   {func(c *Compress) { c.Format = "rar" }, []string{"format"}, 0},
		"bad template": {func(c *Compress) { c.Output = "{{.Nonsense}}" }, []string{"output"}, 0},
		"no name":      {func(c *Compress) { c.Output = "out/" }, []string{"output"}, 0},
		"high level":   {func(c *Compress) { c.CompressionLevel = 12 }, nil, 1},
		"two problems": {func(c *Compress) { c.Output, c.Format = "", "zip.gz" }, []string{"output", "format"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := component(c.set)
			var got []string
			for _, problem := range option.Problems(p.Validate()) {
				got = append(got, problem.Option)
			}
			if !slices.Equal(got, c.want) || len(p.Warnings()) != c.warnings {
				t.Errorf("problems with %v, want %v; warnings %v", got, c.want, p.Warnings())
			}
		})
	}
}
