// Package file copies files and directories to the guest, and back.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// File copies files and directories between this machine and the guest.
type File struct {
	// What to copy: a file or a directory, relative to the working directory
	// (upload) or to the guest's home (download). "dir/" is the content of a
	// directory, "dir" the directory itself. A download also takes *, ? and [].
	Source string `hcl:"source,optional"`
	// More of what to copy.
	Sources []string `hcl:"sources,optional"`
	// Text to write to the destination, in place of a source.
	Content *string `hcl:"content,optional"`
	// Where to copy to. With a trailing slash it is a directory and the files
	// keep their names. Directories are made for directories and for several
	// sources, not for a single file.
	Destination string `hcl:"destination"`
	// "upload" to the guest or "download" from it. Default "upload".
	Direction string `hcl:"direction,optional"`
	// The source is made while the build runs: do not look for it before.
	// Default false.
	Generated bool `hcl:"generated,optional"`
	// Owner in the guest: a user name or number. Needs become = true, unless
	// the connection is root's. Default the user who writes.
	Owner string `hcl:"owner,optional"`
	// Group in the guest: a name or number. Needs the same as owner. Default
	// the group of the user who writes.
	Group string `hcl:"group,optional"`
	// Permissions of the files in octal, such as "0644"; directories keep
	// theirs. Default those of the source, 0644 for content and downloads.
	Mode string `hcl:"mode,optional"`
	// Write (or read) the files in the guest as this user, through sudo: a
	// name, or true for root. Default the user of the connection.
	Become string `hcl:"become,optional"`

	env provisioners.Env
}

// New makes a file provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &File{Direction: "upload", env: env}
}

// Validate checks the options, and that the local files are there.
func (f *File) Validate() error {
	var errs []error
	if f.Destination == "" {
		errs = append(errs, option.Bad("destination", "It is required; say where to copy to."))
	}
	if _, err := f.mode(0); err != nil {
		errs = append(errs, err)
	}
	switch f.Direction {
	case "upload":
		errs = append(errs, f.checkUpload()...)
	case "download":
		errs = append(errs, f.checkDownload()...)
	default:
		errs = append(errs, option.Bad("direction", "%q is unknown; use \"upload\" or \"download\".", f.Direction))
	}
	return errors.Join(errs...)
}

func (f *File) checkUpload() []error {
	var errs []error
	sources := f.sources()
	switch {
	case f.Content != nil && len(sources) > 0:
		errs = append(errs, option.Bad("content", "Either content or a source; use two provisioners to have both."))
	case f.Content == nil && len(sources) == 0:
		errs = append(errs, option.Bad("source", "Nothing to copy; set source, sources or content."))
	case f.Content != nil && strings.HasSuffix(f.Destination, "/"):
		errs = append(errs, option.Bad("destination", "%q is a directory; name the file that content becomes.", f.Destination))
	}
	if f.Generated {
		return errs
	}
	for _, s := range sources {
		info, err := os.Stat(s)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			errs = append(errs, option.Bad(f.sourceOption(s),
				"%s does not exist; paths are relative to the working directory. Set generated = true if the build makes it.", s))
		case err != nil:
			errs = append(errs, option.Bad(f.sourceOption(s), "%s.", err))
		case !info.IsDir() && len(sources) > 1 && !strings.HasSuffix(f.Destination, "/"):
			errs = append(errs, option.Bad("destination", "Several files cannot become the one file %s; write %q for a directory.", f.Destination, f.Destination+"/"))
			return errs
		}
	}
	return errs
}

func (f *File) checkDownload() []error {
	var errs []error
	if len(f.sources()) == 0 {
		errs = append(errs, option.Bad("source", "Nothing to copy; set source or sources."))
	}
	if f.Content != nil {
		errs = append(errs, option.Bad("content", "It can only be uploaded."))
	}
	if f.Owner != "" {
		errs = append(errs, option.Bad("owner", "It is for uploads only."))
	}
	if f.Group != "" {
		errs = append(errs, option.Bad("group", "It is for uploads only."))
	}
	return errs
}

func (f *File) sources() []string {
	if f.Source == "" {
		return f.Sources
	}
	return append([]string{f.Source}, f.Sources...)
}

func (f *File) sourceOption(s string) string {
	if s == f.Source {
		return "source"
	}
	return "sources"
}

// mode is the option as permission bits, or those given when it is not set.
func (f *File) mode(otherwise fs.FileMode) (fs.FileMode, error) {
	if f.Mode == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseUint(f.Mode, 8, 12)
	if err != nil {
		return 0, option.Bad("mode", "%q is no mode; write it in octal, such as \"0644\".", f.Mode)
	}
	mode := fs.FileMode(n & 0o777)
	for bit, flag := range map[uint64]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if n&bit != 0 {
			mode |= flag
		}
	}
	return mode, nil
}

func (f *File) become() guest.Become { return guest.ParseBecome(f.Become, f.env.Vars["Password"]) }

// Provision copies what is asked for.
func (f *File) Provision(ctx context.Context, g guest.Guest, out *ui.UI) error {
	if g == nil {
		return errors.New("there is no connection to the guest: communicator is \"none\"")
	}
	if f.Direction == "download" {
		return f.download(ctx, g, out)
	}
	if f.Content != nil {
		out.Say("Writing %s", f.Destination)
		o, err := f.options(0o644)
		if err != nil {
			return err
		}
		return f.put(ctx, g, strings.NewReader(*f.Content), o)
	}
	return f.upload(ctx, g, out)
}

// put writes one stream to the destination, by the guest's own method where
// nothing special is asked for.
func (f *File) put(ctx context.Context, g guest.Guest, r *strings.Reader, o guest.FileOptions) error {
	if o.Owner == "" && o.Group == "" && o.Become.User == "" {
		return g.Upload(ctx, f.Destination, o.Mode, r)
	}
	return guest.UploadFile(ctx, g, f.Destination, r, o)
}

func (f *File) options(mode fs.FileMode) (guest.FileOptions, error) {
	mode, err := f.mode(mode)
	return guest.FileOptions{Mode: mode, Owner: f.Owner, Group: f.Group, Become: f.become()}, err
}

// upload sends plain files one by one when there is one, or when they are
// large, and all else in one stream.
func (f *File) upload(ctx context.Context, g guest.Guest, out *ui.UI) error {
	var trees []guest.Source
	var single []string
	sources := f.sources()
	inside := strings.HasSuffix(f.Destination, "/")
	for _, s := range sources {
		info, err := os.Stat(s)
		if err != nil {
			return fmt.Errorf("uploading: %w", err)
		}
		switch {
		case info.IsDir() && strings.HasSuffix(s, "/"):
			trees = append(trees, guest.Source{Local: s})
		case info.IsDir():
			trees = append(trees, guest.Source{Local: s, Name: base(s)})
		case len(sources) > 1 && !inside:
			return fmt.Errorf("uploading %s: several files cannot become the one file %s; write \"%s/\"", s, f.Destination, f.Destination)
		case len(sources) == 1 || info.Size() >= largeFile:
			single = append(single, s)
		default:
			trees = append(trees, guest.Source{Local: s, Name: base(s)})
		}
	}
	if len(trees) > 0 {
		if err := f.uploadTrees(ctx, g, out, trees); err != nil {
			return err
		}
	}
	for _, s := range single {
		if err := f.uploadFile(ctx, g, out, s); err != nil {
			return err
		}
	}
	return nil
}

// largeFile is the size in bytes from which a file travels on its own, which
// a guest may have a faster way for.
const largeFile = 4 << 20

func base(s string) string {
	abs, err := filepath.Abs(s) // "." has a name too
	if err != nil {
		return filepath.Base(s)
	}
	return filepath.Base(abs)
}

func (f *File) uploadTrees(ctx context.Context, g guest.Guest, out *ui.UI, trees []guest.Source) error {
	for _, t := range trees {
		out.Say("Uploading %s to %s", t.Local, f.Destination)
	}
	mode, err := f.mode(0)
	if err != nil {
		return err
	}
	bar := out.Progress("upload", -1)
	defer func() { _ = bar.Close() }()
	return guest.UploadTrees(ctx, g, trees, f.Destination, guest.TreeOptions{
		Become: f.become(), Owner: f.Owner, Group: f.Group, Mode: mode, Progress: bar,
	})
}

func (f *File) uploadFile(ctx context.Context, g guest.Guest, out *ui.UI, local string) error {
	to := f.Destination
	if strings.HasSuffix(to, "/") {
		to = path.Join(to, base(local))
	}
	info, err := os.Stat(local)
	if err != nil {
		return fmt.Errorf("uploading: %w", err)
	}
	o, err := f.options(info.Mode())
	if err != nil {
		return err
	}
	out.Say("Uploading %s to %s", local, to)
	bar := out.Progress("upload", info.Size())
	defer func() { _ = bar.Close() }()
	o.Progress = bar
	return guest.UploadLocal(ctx, g, local, to, o)
}
