// Package logfile keeps what happens, with the time and more of it than people
// want to see, for finding out later what went wrong.
package logfile

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Sink writes a line for each line of each event.
type Sink struct {
	W     io.Writer
	Debug bool // only what the terminal does not show, for a log that goes there
}

// Event writes one event. What cannot be written is lost: there is nowhere left
// to say so.
func (s *Sink) Event(e ui.Event) {
	head, text := "[DEBUG] ", ""
	switch e.Kind {
	case ui.DebugKind:
		text = e.Text
	case ui.StepKind:
		text = fmt.Sprintf("%s: step %s: %s", e.Build, e.Step, e.State)
		if e.State != ui.Started {
			text += " after " + ui.Spell(e.Elapsed)
		}
	case ui.ProgressKind:
		if e.State == ui.Running {
			return
		}
		text = fmt.Sprintf("%s: %s: %s, %d of %d bytes", e.Build, e.Progress.Label, e.State, e.Progress.Done, e.Progress.Total)
	default:
		if s.Debug {
			return
		}
		head = "ui: "
		_, text = e.Words()
	}
	if text = strings.Trim(text, "\n"); text == "" {
		return
	}
	head = e.Time.Format("2006/01/02 15:04:05 ") + head
	_, _ = io.WriteString(s.W, head+strings.ReplaceAll(text, "\n", "\n"+head)+"\n")
}

// Open opens the log that the environment asks for: OVENBIRD_LOG_PATH, a file
// that is written anew, or OVENBIRD_LOG=1, on stderr. Packer's names do, too.
// The sink is nil when there shall be no log.
func Open(getenv func(string) string, stderr io.Writer) (log ui.Sink, done func(), err error) {
	get := func(name string) string {
		if v := getenv("OVENBIRD_" + name); v != "" {
			return v
		}
		return getenv("PACKER_" + name)
	}
	if path := get("LOG_PATH"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the log: %w", err)
		}
		return &Sink{W: f}, func() { _ = f.Close() }, nil // each line was written when it happened
	}
	if on := get("LOG"); on != "" && on != "0" {
		log = &Sink{W: stderr, Debug: true}
	}
	return log, func() {}, nil
}
