// Package upgrade is the command hcl2_upgrade: it rewrites a legacy JSON
// template in HCL.
package upgrade

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
)

// Options are the flags of the command.
type Options struct {
	output    string
	annotated bool
	force     bool
}

// Flags registers the flags.
func (o *Options) Flags(fs *flag.FlagSet) {
	fs.StringVar(&o.output, "output-file", "", "write to `FILE`; \"-\" is stdout (default TEMPLATE.pkr.hcl)")
	fs.BoolVar(&o.annotated, "with-annotations", false, "explain the result with comments")
	fs.BoolVar(&o.force, "force", false, "replace the file if it is there")
}

// Result is what the command did.
type Result struct {
	Text  string // for stdout, when no file was asked for
	Name  string // of the file written
	Files map[string]*hcl.File
	Diags hcl.Diagnostics
}

// Run rewrites the template at path, stdin if it is "-". A file that is there
// already, perhaps changed by hand, is replaced only with -force.
func (o *Options) Run(path string, stdin io.Reader, shapes legacy.Shapes) Result {
	if hclfile.HasEnding(path, ".pkr.hcl", ".oven.hcl", ".pkr.json") {
		return Result{Diags: hcl.Diagnostics{hclfile.Error(nil, "Not a legacy JSON template",
			fmt.Sprintf("The name of %s says that it is no legacy JSON template: there is nothing to rewrite.", path))}}
	}
	name, src, diags := legacy.Read(path, stdin)
	if diags.HasErrors() {
		return Result{Diags: diags}
	}
	r := Result{Files: map[string]*hcl.File{name: {Bytes: src}}}
	text, diags := legacy.Upgrade(name, src, shapes, o.annotated)
	r.Diags = diags
	if r.Diags.HasErrors() {
		return r
	}
	to := o.output
	if to == "" {
		if to = path; path != "-" {
			to += ".pkr.hcl"
		}
	}
	if to == "-" {
		r.Text = string(text)
		return r
	}
	if err := writeFile(to, text, o.force); errors.Is(err, fs.ErrExist) {
		r.Diags = append(r.Diags, hclfile.Error(nil, to+" exists already; -force replaces it, -output-file names another", ""))
	} else if err != nil {
		r.Diags = append(r.Diags, hclfile.Error(nil, fmt.Sprintf("%s cannot be written: %s", to, hclfile.Reason(err)), ""))
	}
	r.Name = to
	return r
}

func writeFile(name string, text []byte, replace bool) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if info, err := os.Stat(name); !replace && (err != nil || info.Mode().IsRegular()) {
		flags |= os.O_EXCL // a device, such as /dev/stdout, has nothing to lose
	}
	f, err := os.OpenFile(name, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
