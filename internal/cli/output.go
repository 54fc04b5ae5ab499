package cli

import (
	"fmt"
	"os"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/term"

	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/internal/ui/logfile"
	"github.com/ovenbird-io/ovenbird/internal/ui/records"
)

// machineReadable takes -machine-readable out of the arguments; it may stand
// anywhere among them, also before the command.
func machineReadable(args []string) ([]string, bool) {
	rest := slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		return arg == "-machine-readable" || arg == "--machine-readable"
	})
	return rest, len(rest) < len(args)
}

// open makes the output that the options ask for.
func (r *run) open() *ui.Root {
	terminal := false
	if f, ok := r.env.Stderr.(*os.File); ok {
		terminal = term.IsTerminal(int(f.Fd())) && r.env.Getenv("TERM") != "dumb"
	}
	plain := r.options.noColor || r.env.Getenv("NO_COLOR") != "" || r.env.Getenv("PACKER_NO_COLOR") != ""
	o := ui.Options{
		Stdout: r.env.Stdout, Stderr: r.env.Stderr, Log: r.log,
		JSON: r.options.json, Timestamps: r.options.timestamps,
		Color: terminal && !plain, Bars: terminal,
	}
	if r.options.machine {
		o.Sink = &records.Sink{W: r.env.Stdout, Timestamps: r.options.timestamps, Start: r.start}
	}
	return ui.New(o)
}

// openLog opens the log that the environment asks for: OVENBIRD_LOG=1 on
// stderr, or OVENBIRD_LOG_PATH, a file that is written anew.
func (r *run) openLog() (closeLog func(), err error) {
	get := func(name string) string {
		if v := r.env.Getenv("OVENBIRD_" + name); v != "" {
			return v
		}
		return r.env.Getenv("PACKER_" + name)
	}
	if path := get("LOG_PATH"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening the log: %w", err)
		}
		r.log = &logfile.Sink{W: f}
		return func() { _ = f.Close() }, nil // each line was written when it happened
	}
	if on := get("LOG"); on != "" && on != "0" {
		r.log = &logfile.Sink{W: r.env.Stderr, Debug: true}
	}
	return func() {}, nil
}

// width is how wide diagnostics may be, in columns; 0 is any width.
func (r *run) width() uint {
	f, ok := r.env.Stderr.(*os.File)
	if !ok || r.options.json || r.options.machine {
		return 0
	}
	w, _, err := term.GetSize(int(f.Fd()))
	if err != nil || w < 40 {
		return 0
	}
	return uint(w)
}

// say shows text that was not asked for, on stderr.
func (r *run) say(text string) { r.out.Diagnostic(ui.Problem{Text: text}) }

// report shows diagnostics with the lines they point at.
func (r *run) report(files map[string]*hcl.File, diags hcl.Diagnostics) {
	for _, d := range diags {
		r.out.Diagnostic(problem(files, d, r.width()))
	}
}
