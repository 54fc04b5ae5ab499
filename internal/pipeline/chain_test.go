package pipeline

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/postprocessors/artifice"
	"github.com/ovenbird-io/ovenbird/postprocessors/checksum"
	"github.com/ovenbird-io/ovenbird/postprocessors/compress"
	"github.com/ovenbird-io/ovenbird/postprocessors/manifest"
	"github.com/ovenbird-io/ovenbird/templates"
)

// diskOven writes the folder output with the files disk and log, of which the
// artifact has the first.
type diskOven struct{}

func (diskOven) Boot(context.Context, *ui.UI) (builders.Machine, error) { return diskOven{}, nil }
func (diskOven) Guest(context.Context) (guest.Guest, error)             { return nil, nil } //nolint:nilnil // no guest
func (diskOven) Close(context.Context) error                            { return nil }
func (diskOven) Seal(context.Context) (*artifact.Artifact, error) {
	err := errors.Join(os.Mkdir("output", 0o755), os.WriteFile("output/disk", []byte("disk"), 0o600), os.WriteFile("output/log", nil, 0o600))
	return &artifact.Artifact{ID: "VM", Files: []string{"output/disk"}, Destroy: func(kept []string) error {
		return artifact.Remove([]string{"output/disk", "output/log", "output"}, kept)
	}}, err
}

// script stands for a shell-local that makes a file of its own.
type script string

func (script) KeepInput() (byDefault, forced bool) { return true, true }
func (s script) Process(_ context.Context, in *artifact.Artifact, _ *ui.UI) (*artifact.Artifact, error) {
	if s == "fail" {
		return nil, errors.New("it broke")
	}
	return in, os.WriteFile(string(s), nil, 0o600)
}

// chained makes the post-processors that each word names, "kind:output"; an
// ending "!" is keep_input_artifact = true, "-" is false.
func chained(words string) []*templates.PostStep {
	var steps []*templates.PostStep
	for word := range strings.FieldsSeq(words) {
		s := &templates.PostStep{Type: word}
		yes, no := true, false
		if w, ok := strings.CutSuffix(word, "!"); ok {
			word, s.KeepInput = w, &yes
		} else if w, ok := strings.CutSuffix(word, "-"); ok {
			word, s.KeepInput = w, &no
		}
		kind, output, _ := strings.Cut(word, ":")
		s.Decode = func(_ builders.Info, env postprocessors.Env) (postprocessors.PostProcessor, hcl.Diagnostics) {
			switch kind {
			case "sum":
				p, _ := checksum.New(env).(*checksum.Checksum)
				p.Output = output
				return p, nil
			case "zip":
				p, _ := compress.New(env).(*compress.Compress)
				p.Output = output
				return p, nil
			case "list":
				p, _ := manifest.New(env).(*manifest.Manifest)
				p.Output = output
				return p, nil
			case "take":
				p, _ := artifice.New(env).(*artifice.Artifice)
				p.Files = []string{output}
				return p, nil
			}
			return script(output), nil
		}
		steps = append(steps, s)
	}
	return steps
}

func TestChainsOfFiles(t *testing.T) {
	for name, c := range map[string]struct {
		chains []string
		kept   string // files of the artifacts that are told, each artifact's in parentheses
		left   string // files on disk
		fails  bool
	}{
		"sums go with their files, when compressed": {
			chains: []string{"sum:sums zip:disk.tar"},
			kept:   "(disk.tar)", left: "disk.tar",
		},
		"a later chain finds the image": {
			chains: []string{"sum:sums zip:disk.tar", "list:m.json"},
			kept:   "(output/disk) (disk.tar)", left: "disk.tar m.json output/disk output/log",
		},
		"a later chain consumes it": {
			chains: []string{"sum:sums zip:disk.tar", "zip:b.tar"},
			kept:   "(disk.tar) (b.tar)", left: "b.tar disk.tar",
		},
		"a later chain keeps it": {
			chains: []string{"sum:sums zip:disk.tar", "zip:b.tar!"},
			kept:   "(output/disk) (disk.tar) (b.tar)", left: "b.tar disk.tar output/disk output/log",
		},
		"both chains have sums": {
			chains: []string{"sum:a zip:disk.tar", "sum:b"},
			kept:   "(output/disk) (disk.tar) (output/disk b)", left: "b disk.tar output/disk output/log",
		},
		"what a step in between made goes at the end": {
			chains: []string{"zip:disk.gz sum:sums zip:all.tar", "zip:b.gz"},
			kept:   "(all.tar) (b.gz)", left: "all.tar b.gz",
		},
		"it is kept if that is asked for": {
			chains: []string{"zip:disk.gz zip:all.tar!"},
			kept:   "(disk.gz) (all.tar)", left: "all.tar disk.gz",
		},
		"a compressed file beside the image": {
			chains: []string{"zip:output/disk.gz sum:output/sums"},
			kept:   "(output/disk.gz) (output/disk.gz output/sums)", left: "output/disk.gz output/sums",
		},
		"a script's own file beside the image": {
			chains: []string{"run:output/notes zip:disk.gz"},
			kept:   "(disk.gz)", left: "disk.gz output/notes",
		},
		"a manifest beside the image": {
			chains: []string{"list:output/m.json zip:disk.gz"},
			kept:   "(disk.gz)", left: "disk.gz output/m.json",
		},
		"an image that was taken over": {
			chains: []string{"take:output/disk- sum:sums", "zip:disk.gz"},
			kept:   "(output/disk) (output/disk sums) (disk.gz)", left: "disk.gz output/disk sums",
		},
		"a failure keeps what was made": {
			chains: []string{"zip:disk.gz sum:sums run:fail", "list:m.json"},
			kept:   "(output/disk) (disk.gz) (disk.gz sums)", left: "disk.gz m.json output/disk output/log sums", fails: true,
		},
		"a failure of the first step": {
			chains: []string{"run:fail", "zip:disk.gz"},
			kept:   "(output/disk) (disk.gz)", left: "disk.gz output/disk output/log", fails: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			b := &templates.Build{Builder: diskOven{}}
			for _, words := range c.chains {
				b.PostProcessors = append(b.PostProcessors, chained(words))
			}
			res := run(t.Context(), b)[0]
			if (res.Err != nil) != c.fails {
				t.Errorf("error %v", res.Err)
			}
			var kept []string
			for _, a := range res.Artifacts {
				kept = append(kept, "("+strings.Join(a.Files, " ")+")")
			}
			if got := strings.Join(kept, " "); got != c.kept {
				t.Errorf("told %s, want %s", got, c.kept)
			}
			flat, _ := filepath.Glob("*.*")
			sums, _ := filepath.Glob("[abs]*")
			below, _ := filepath.Glob("output/*")
			left := slices.Concat(flat, sums, below)
			slices.Sort(left)
			if got := strings.Join(slices.Compact(left), " "); got != c.left {
				t.Errorf("left %s, want %s", got, c.left)
			}
			if _, err := os.Stat("output"); (err == nil) != strings.Contains(c.left, "output/") {
				t.Errorf("the output folder: %v", err)
			}
		})
	}
}

// stuckOven makes an artifact that cannot be destroyed.
type stuckOven struct{ diskOven }

func (stuckOven) Boot(context.Context, *ui.UI) (builders.Machine, error) { return stuckOven{}, nil }
func (stuckOven) Seal(context.Context) (*artifact.Artifact, error) {
	return &artifact.Artifact{Files: []string{"x"}, Destroy: func([]string) error { return errClosed }}, os.WriteFile("x", nil, 0o600)
}

func TestWhatCannotBeDestroyedIsTold(t *testing.T) {
	t.Chdir(t.TempDir())
	res := run(t.Context(), &templates.Build{Builder: stuckOven{}, PostProcessors: [][]*templates.PostStep{chained("zip:x.gz")}})[0]
	if !errors.Is(res.Err, errClosed) || len(res.Artifacts) != 1 || !strings.Contains(res.Err.Error(), "clean-up") {
		t.Errorf("error %v, artifacts %v", res.Err, res.Artifacts)
	}
}
