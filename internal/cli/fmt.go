package cli

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfmt"
)

func fmtFlags(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.check, "check", false, "rewrite nothing; exit with 3 when a file is not in the usual layout")
	fs.BoolVar(&o.diff, "diff", false, "show what changes")
	fs.BoolVar(&o.write, "write", true, "rewrite the files (default true)")
	fs.BoolVar(&o.recursive, "recursive", false, "also format the files in folders below")
	outputFlags(fs, o)
}

// runFmt formats files and prints the names of those that were not in the usual
// layout.
func runFmt(_ context.Context, r *run) int {
	o := r.options
	if len(r.args) == 1 && r.args[0] == "-" {
		return r.formatStdin()
	}
	changed, errs := hclfmt.Run(r.args, hclfmt.Options{Recursive: o.recursive, Write: o.write && !o.check})
	for _, err := range errs {
		if f := (*hclfmt.Fault)(nil); errors.As(err, &f) {
			r.report(map[string]*hcl.File{f.Name: {Bytes: f.Text}}, f.Diags)
			continue
		}
		r.fault(err.Error())
	}
	code := r.unformatted(changed)
	if len(errs) > 0 {
		return ExitUsage
	}
	return code
}

// formatStdin prints what stdin becomes, unless only changes are asked for.
func (r *run) formatStdin() int {
	const name = "<stdin>"
	src, err := io.ReadAll(r.env.Stdin)
	if err != nil {
		return r.usage("stdin cannot be read: %s", err.Error())
	}
	after, diags := hclfmt.Source(name, src)
	r.report(map[string]*hcl.File{name: {Bytes: src}}, diags)
	switch {
	case diags.HasErrors():
		return ExitUsage
	case !r.options.check && !r.options.diff:
		r.out.File(string(after))
	case !bytes.Equal(src, after):
		return r.unformatted([]hclfmt.File{{Name: name, Before: src, After: after}})
	}
	return ExitOK
}

// unformatted shows which files were not in the usual layout, and with -diff
// how not.
func (r *run) unformatted(files []hclfmt.File) int {
	code := ExitOK
	for _, f := range files {
		r.out.Result(f.Name)
		if r.options.diff {
			r.out.File(hclfmt.Diff(f.Name, f.Before, f.After))
		}
		if r.options.check {
			code = ExitUnformatted
		}
	}
	return code
}

// fault shows an error that is in no line of a file.
func (r *run) fault(text string) {
	r.report(nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: text}})
}
