// Package compress is the post-processor that makes one compressed file of an
// artifact.
package compress

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/archive"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// builderID names the artifacts of this post-processor; scripts that read
// manifests know it from Packer's.
const builderID = "packer.post-processor.compress"

// Compress makes one compressed file of all files of an artifact. The files
// themselves are removed unless keep_input_artifact = true.
type Compress struct {
	// The file to make; a file that is there is replaced when the new one is
	// complete. {{.BuildName}} and {{.BuilderType}} are replaced; builds that
	// run side by side need different names. Its extension says the format:
	// .tar, .zip, or .gz, .zst, .xz, .bz2, .lz4, .bgzf for the artifact's only
	// file, or .tar.gz, .tar.zst and so on for all its files. With any other
	// extension, or none, it is a tar.gz. Default:
	// "packer_{{.BuildName}}_{{.BuilderType}}".
	Output string `hcl:"output,optional" template:"late"`
	// The format, whatever the extension of output is: tar, zip, gz, zst, xz,
	// bz2, lz4, bgzf, or tar.gz, tar.zst and so on. Default: by extension.
	Format string `hcl:"format,optional"`
	// How hard to compress, from 1, fast, to 9, small. xz and tar have no
	// levels. 0 and -1 mean the usual one of the format. Default: 0.
	CompressionLevel int `hcl:"compression_level,optional"`

	env postprocessors.Env
}

// New makes the post-processor with its defaults.
func New(env postprocessors.Env) postprocessors.PostProcessor {
	return &Compress{Output: "packer_{{.BuildName}}_{{.BuilderType}}", env: env}
}

// KeepInput tells that the files compressed are removed unless the template
// says otherwise.
func (c *Compress) KeepInput() (byDefault, forced bool) { return false, false }

// Validate reports bad options.
func (c *Compress) Validate() error {
	var errs []error
	if name, err := c.name(); err != nil {
		errs = append(errs, option.Bad("output", "%s.", err))
	} else if name == "" || strings.HasSuffix(name, "/") {
		errs = append(errs, option.Bad("output", "The compressed file needs a name."))
	}
	if _, ok := archive.ParseFormat(c.Format); c.Format != "" && !ok {
		errs = append(errs, option.Bad("format", "%q is unknown; use one of %s.", c.Format, strings.Join(archive.Formats(), ", ")))
	}
	return errors.Join(errs...)
}

// Warnings tells of a level beyond the highest one, which Packer takes for it.
func (c *Compress) Warnings() []string {
	if c.CompressionLevel <= archive.MaxLevel {
		return nil
	}
	return []string{fmt.Sprintf("compression_level %d is taken for %d, the highest", c.CompressionLevel, archive.MaxLevel)}
}

// name is the file to make.
func (c *Compress) name() (string, error) {
	data := struct{ BuildName, BuilderType string }{c.env.BuildName, c.env.BuilderType}
	return gotmpl.Render(c.Output, data, gotmpl.Funcs{
		BuildName: c.env.BuildName, BuildType: c.env.BuilderType, Vars: c.env.Vars,
	})
}

// format is what the file called name is to be.
func (c *Compress) format(name string) archive.Format {
	if f, ok := archive.ParseFormat(c.Format); ok {
		return f
	}
	if f, ok := archive.FormatOf(name); ok {
		return f
	}
	return archive.Format{Archive: "tar", Codec: "gz"}
}

// Process makes the file.
func (c *Compress) Process(ctx context.Context, in *artifact.Artifact, out *ui.UI) (*artifact.Artifact, error) {
	if len(in.Files) == 0 {
		out.Warn("%s has no files to compress", in.Title)
		return in, nil
	}
	name, err := c.name()
	if err != nil {
		return nil, err
	}
	format := c.format(name)
	if err := check(name, format, in.Files); err != nil {
		return nil, err
	}
	entries := entries(format, in.Files)
	total, err := archive.Size(entries)
	if err != nil {
		return nil, err
	}
	bar := out.Progress("compressing to "+filepath.Base(name), total)
	defer bar.Close()
	level := min(max(c.CompressionLevel, 0), archive.MaxLevel)
	if err := archive.Write(ctx, name, format, level, entries, bar); err != nil {
		return nil, err
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	out.Say("Wrote %s", name)
	return &artifact.Artifact{
		Builder: builderID, Title: "compressed artifacts in: " + name, Files: []string{name},
		Details: map[string]string{"format": format.String(), "size_bytes": strconv.FormatInt(info.Size(), 10)},
		Destroy: func(kept []string) error { return artifact.Remove([]string{name}, kept) },
	}, nil
}

// check tells what cannot be done before anything is written.
func check(name string, format archive.Format, files []string) error {
	if slices.ContainsFunc(files, func(f string) bool { return filepath.Clean(f) == filepath.Clean(name) }) {
		return fmt.Errorf("%s is one of the files to compress; give output another name", name)
	}
	if format.Archive == "" && len(files) != 1 {
		return fmt.Errorf("%s holds one file, and this artifact has %d (%s); use tar.%s or zip",
			format, len(files), strings.Join(files, ", "), format.Codec)
	}
	return nil
}

// entries names the files in the archive: in a zip by their path, as Packer
// does, in a tar by their last element as long as those differ.
func entries(format archive.Format, files []string) []archive.Entry {
	seen := map[string]bool{}
	byPath := format.Archive == "zip"
	for _, f := range files {
		byPath = byPath || seen[filepath.Base(f)]
		seen[filepath.Base(f)] = true
	}
	all := make([]archive.Entry, len(files))
	for i, f := range files {
		name := filepath.Base(f)
		if byPath { // never out of the folder it is unpacked in
			name = strings.TrimPrefix(filepath.ToSlash(filepath.Join("/", f)), "/")
		}
		all[i] = archive.Entry{Name: name, Path: f}
	}
	return all
}

// Pure says that the options and the artifact decide all that it does.
func (c *Compress) Pure() bool { return true }
