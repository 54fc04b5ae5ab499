package hclfmt

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Command is fmt as people call it.
type Command struct {
	Check, Diff, Write, Recursive bool
}

// Flags adds the options that a user has.
func (c *Command) Flags(fs *flag.FlagSet) {
	fs.BoolVar(&c.Check, "check", false, "rewrite nothing; exit with 3 when a file is not in the usual layout")
	fs.BoolVar(&c.Diff, "diff", false, "show what changes")
	fs.BoolVar(&c.Write, "write", true, "rewrite the files (default true)")
	fs.BoolVar(&c.Recursive, "recursive", false, "also format the files in folders below")
}

// Outcome is what a run came to.
type Outcome struct {
	Changed bool // a file was not in the usual layout
	Failed  bool // a file could not be read or written, or is not HCL
}

// Run formats files, or in if the only path is "-", and shows the names of
// those that were not in the usual layout. What is wrong goes to report.
func (c Command) Run(paths []string, in io.Reader, out *ui.Root, report func(map[string]*hcl.File, hcl.Diagnostics)) Outcome {
	if len(paths) == 1 && paths[0] == "-" {
		return c.stream(in, out, report)
	}
	changed, errs := Run(paths, Options{Recursive: c.Recursive, Write: c.Write && !c.Check})
	for _, err := range errs {
		if f := (*Fault)(nil); errors.As(err, &f) {
			report(map[string]*hcl.File{f.Name: {Bytes: f.Text}}, f.Diags)
			continue
		}
		report(nil, failure(err.Error()))
	}
	return Outcome{Changed: c.show(changed, out), Failed: len(errs) > 0}
}

// stream prints what in becomes, unless only changes are asked for.
func (c Command) stream(in io.Reader, out *ui.Root, report func(map[string]*hcl.File, hcl.Diagnostics)) Outcome {
	const name = "<stdin>"
	src, err := io.ReadAll(in)
	if err != nil {
		report(nil, failure(fmt.Sprintf("stdin cannot be read: %s", err.Error())))
		return Outcome{Failed: true}
	}
	after, diags := Source(name, src)
	report(map[string]*hcl.File{name: {Bytes: src}}, diags)
	switch {
	case diags.HasErrors():
		return Outcome{Failed: true}
	case !c.Check && !c.Diff:
		out.File(string(after))
	case !bytes.Equal(src, after):
		return Outcome{Changed: c.show([]File{{Name: name, Before: src, After: after}}, out)}
	}
	return Outcome{}
}

// show names the files that were not in the usual layout, and with Diff how not.
func (c Command) show(files []File, out *ui.Root) (some bool) {
	for _, f := range files {
		out.Result(f.Name)
		if c.Diff {
			out.File(Diff(f.Name, f.Before, f.After))
		}
	}
	return len(files) > 0
}

func failure(text string) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: text}}
}
