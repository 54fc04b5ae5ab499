package cli

import (
	"bytes"
	"context"
	"flag"
	"io"
	"os"
	"strings"

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
// layout. A file that cannot be formatted keeps no other from it.
func runFmt(_ context.Context, r *run) int {
	if len(r.args) == 1 && r.args[0] == "-" {
		src, err := io.ReadAll(r.env.Stdin)
		if err != nil {
			return r.usage("stdin cannot be read: %s", err.Error())
		}
		return r.formatStdin(src)
	}
	names, err := hclfmt.Files(r.args, r.options.recursive)
	code := ExitOK
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			r.problem(line)
		}
		code = ExitUsage
	}
	for _, name := range names {
		if c := r.formatFile(name); code == ExitOK || c == ExitUsage {
			code = c
		}
	}
	return code
}

func (r *run) formatStdin(src []byte) int {
	after, ok := r.format("<stdin>", src)
	o := r.options
	switch {
	case !ok:
		return ExitUsage
	case o.check || o.diff:
		return r.changed("<stdin>", src, after)
	}
	r.out.File(string(after))
	return ExitOK
}

func (r *run) formatFile(name string) int {
	src, err := os.ReadFile(name)
	if err != nil {
		r.problem(err.Error())
		return ExitUsage
	}
	after, ok := r.format(name, src)
	if !ok {
		return ExitUsage
	}
	code := r.changed(name, src, after)
	if r.options.write && !r.options.check && !bytes.Equal(src, after) {
		// The mode only matters for a file that vanished meanwhile.
		if err := os.WriteFile(name, after, 0o644); err != nil {
			r.problem(err.Error())
			return ExitUsage
		}
	}
	return code
}

// format gives the text in the usual layout, or says why it cannot be formatted.
func (r *run) format(name string, src []byte) ([]byte, bool) {
	after, diags := hclfmt.Source(name, src)
	r.report(map[string]*hcl.File{name: {Bytes: src}}, diags)
	return after, !diags.HasErrors()
}

// changed shows that a text was not in the usual layout, and with -diff how not.
func (r *run) changed(name string, before, after []byte) int {
	if bytes.Equal(before, after) {
		return ExitOK
	}
	r.out.Result(name)
	if r.options.diff {
		r.out.File(hclfmt.Diff(name, before, after))
	}
	if r.options.check {
		return ExitUnformatted
	}
	return ExitOK
}

// problem shows an error that is in no line of a file.
func (r *run) problem(text string) {
	r.report(nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: text}})
}
