// Package checksum is the post-processor that writes checksum files.
package checksum

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/draft"
	"github.com/ovenbird-io/ovenbird/internal/fetch"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// Checksum writes files that sha256sum -c and its relatives check.
type Checksum struct {
	// The kinds of checksum to compute, each of md5, sha1, sha224, sha256,
	// sha384 and sha512. All are computed while each file is read once.
	// Default: ["sha256"].
	Types []string `hcl:"checksum_types,optional"`
	// The checksum file. {{.BuildName}}, {{.BuilderType}} and
	// {{.ChecksumType}} are replaced; builds that run side by side need
	// different names. It holds one line per file, the names relative to its
	// own folder, and replaces one that is there. Default:
	// "packer_{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}.checksum".
	Output string `hcl:"output,optional" template:"late"`

	env postprocessors.Env
}

// New makes the post-processor with its defaults.
func New(env postprocessors.Env) postprocessors.PostProcessor {
	return &Checksum{
		Types:  []string{"sha256"},
		Output: "packer_{{.BuildName}}_{{.BuilderType}}_{{.ChecksumType}}.checksum",
		env:    env,
	}
}

// KeepInput tells that the files summed up are always kept.
func (c *Checksum) KeepInput() (byDefault, forced bool) { return true, true }

// types are the checksums to make: an empty list is one that is not set.
func (c *Checksum) types() []string {
	if len(c.Types) == 0 {
		return []string{"sha256"}
	}
	return c.Types
}

// Validate reports bad options.
func (c *Checksum) Validate() error {
	var errs []error
	for _, t := range c.types() {
		if _, ok := fetch.NewHash(t); !ok {
			errs = append(errs, option.Bad("checksum_types", "%q is unknown; use md5, sha1, sha224, sha256, sha384 or sha512.", t))
		}
	}
	if name, err := c.name("sha256"); err != nil {
		errs = append(errs, option.Bad("output", "%s.", err))
	} else if name == "" {
		errs = append(errs, option.Bad("output", "The checksum file needs a name."))
	}
	return errors.Join(errs...)
}

// name is the checksum file of one type.
func (c *Checksum) name(kind string) (string, error) {
	data := struct{ BuildName, BuilderType, ChecksumType string }{c.env.BuildName, c.env.BuilderType, kind}
	return gotmpl.Render(c.Output, data, gotmpl.Funcs{
		BuildName: c.env.BuildName, BuildType: c.env.BuilderType, Vars: c.env.Vars,
	})
}

// Process adds the checksum files to the artifact. Whoever destroys the result
// destroys in as well, or keeps it.
func (c *Checksum) Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	if len(in.Files) == 0 {
		out.Warn("%s has no files to sum up", in.Title)
		return in, nil
	}
	outputs := map[string][]string{} // checksum file to the types in it
	var order []string
	for _, kind := range c.types() {
		name, err := c.name(kind)
		if err != nil {
			return nil, err
		}
		if _, ok := outputs[name]; !ok {
			order = append(order, name)
		}
		if !slices.Contains(outputs[name], kind) {
			outputs[name] = append(outputs[name], kind)
		}
	}
	// A checksum file of an earlier run is no input.
	files := slices.DeleteFunc(slices.Clone(in.Files), func(f string) bool { return slices.Contains(order, f) })
	sums, err := c.sums(ctx, files, out)
	if err != nil {
		return nil, err
	}
	made := *in
	made.Files = files
	for _, name := range order {
		if err := write(name, outputs[name], files, sums); err != nil {
			return nil, err
		}
		out.Say("Wrote %s", name)
		made.Files = append(made.Files, name)
	}
	made.Destroy = func(kept []string) error { return artifact.Remove(order, kept) }
	return &made, nil
}

// digests are one file's checksums by type.
type digests map[string]string

// sums reads each file once, several at a time.
func (c *Checksum) sums(ctx context.Context, files []string, out *ui.UI) ([]digests, error) {
	all := make([]digests, len(files))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, name := range files {
		g.Go(func() (err error) {
			all[i], err = c.sum(ctx, name, out)
			return err
		})
	}
	return all, g.Wait()
}

func (c *Checksum) sum(ctx context.Context, name string, out *ui.UI) (digests, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: it has no checksum", name)
	}
	bar := out.Progress("summing up "+filepath.Base(name), info.Size())
	defer bar.Close()
	hashes := map[string]hash.Hash{}
	sinks := []io.Writer{bar}
	for _, kind := range c.types() {
		h, ok := fetch.NewHash(kind)
		if _, twice := hashes[kind]; ok && !twice {
			hashes[kind] = h
			sinks = append(sinks, h)
		}
	}
	all := io.MultiWriter(sinks...)
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		n, err := f.Read(buf)
		_, _ = all.Write(buf[:n]) // hashes and bars do not fail
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	sums := digests{}
	for kind, h := range hashes {
		sums[kind] = hex.EncodeToString(h.Sum(nil))
	}
	return sums, nil
}

// write makes one checksum file in a single step.
func write(name string, kinds, files []string, sums []digests) error {
	var text strings.Builder
	for _, kind := range kinds {
		for i, file := range files {
			rel, err := relative(filepath.Dir(name), file)
			if err != nil {
				return fmt.Errorf("naming %s in %s: %w", file, name, err)
			}
			text.WriteString(line(sums[i][kind], rel))
		}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return draft.Write(name, 0o644, func(f *os.File) error {
		_, err := f.WriteString(text.String())
		return err
	})
}

// relative names a file as seen from a folder.
func relative(dir, file string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if file, err = filepath.Abs(file); err != nil {
		return "", err
	}
	return filepath.Rel(dir, file)
}

// line is what sha256sum prints: names with a backslash or a line end are
// escaped, and the line says so with a backslash in front.
func line(digest, name string) string {
	escaped := strings.NewReplacer("\\", "\\\\", "\n", "\\n", "\r", "\\r").Replace(name)
	mark := ""
	if escaped != name {
		mark = "\\"
	}
	return mark + digest + "  " + escaped + "\n"
}

// Pure says that the options and the artifact decide all that it does.
func (c *Checksum) Pure() bool { return true }
