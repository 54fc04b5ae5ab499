package cli

import (
	"os"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/ui/jsonlines"
	"github.com/ovenbird-io/ovenbird/internal/ui/records"
)

// open makes the output that the options ask for.
func (r *run) open() *ui.Root {
	terminal := false
	if f, ok := r.env.Stderr.(*os.File); ok {
		terminal = term.IsTerminal(int(f.Fd())) && r.env.Getenv("TERM") != "dumb"
	}
	plain := r.options.NoColor || r.env.Getenv("NO_COLOR") != "" || r.env.Getenv("PACKER_NO_COLOR") != ""
	o := ui.Options{
		Stdout: r.env.Stdout, Stderr: r.env.Stderr, Log: r.log,
		Timestamps: r.options.Timestamps,
		Color:      terminal && !plain, Bars: terminal,
	}
	switch {
	case r.options.JSON:
		o.Sink = &jsonlines.Sink{W: r.env.Stdout}
	case r.options.Machine:
		o.Sink = &records.Sink{W: r.env.Stdout, Timestamps: r.options.Timestamps, Start: r.start}
	}
	return ui.New(o)
}

// width is how wide diagnostics may be, in columns; 0 is any width.
func (r *run) width() uint {
	if r.options.JSON || r.options.Machine {
		return 0
	}
	return ui.Width(r.env.Stderr)
}

// say shows text that was not asked for, on stderr.
func (r *run) say(text string) { r.out.Diagnostic(ui.Problem{Text: text}) }

// report shows diagnostics with the lines they point at.
func (r *run) report(files map[string]*hcl.File, diags hcl.Diagnostics) {
	for _, d := range diags {
		r.out.Diagnostic(hclfile.Problem(files, d, r.width()))
	}
}

// fault shows an error that is in no line of a file.
func (r *run) fault(text string) {
	r.report(nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: text}})
}
