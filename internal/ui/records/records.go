// Package records writes what happens in Packer's format for programs: a line
// each, "UNIXTIME,TARGET,TYPE,ARGUMENTS...".
package records

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Sink writes records.
type Sink struct {
	W          io.Writer
	Timestamps bool      // an RFC 3339 time in front of what people would read
	Start      time.Time // of the run

	listed bool // the heading of the artifacts was written
}

// Event writes the records of one event, if it has any.
func (s *Sink) Event(e ui.Event) {
	category, text := e.Words()
	switch {
	case e.Kind == ui.FactKind:
		s.record(e, "", e.Fact...)
	case e.Kind == ui.SummaryKind:
		s.summary(e)
	case e.Kind == ui.DiagKind && e.Build != "":
		s.failure(e)
	case e.Kind == ui.ArtifactKind:
		s.artifact(e)
	case category != "":
		if s.Timestamps && (e.Build != "" || e.Kind == ui.BuildKind) {
			text = e.Time.Format(time.RFC3339) + ": " + text
		}
		s.record(e, "", "ui", category, text)
	}
}

// record writes one line; commas and line ends in arguments are spelled out.
// A reader that went away cannot be told.
func (s *Sink) record(e ui.Event, target string, args ...string) {
	escape := strings.NewReplacer(",", "%!(PACKER_COMMA)", "\n", `\n`, "\r", `\r`)
	line := strconv.FormatInt(e.Time.Unix(), 10) + "," + escape.Replace(target)
	for _, arg := range args {
		line += "," + escape.Replace(arg)
	}
	_, _ = io.WriteString(s.W, line+"\n")
}

// summary counts the builds that failed; why each did follows.
func (s *Sink) summary(e ui.Event) {
	s.record(e, "", "ui", ui.SayWords, "\n==> Wait completed after "+ui.Spell(e.Time.Sub(s.Start)))
	failed := 0
	for _, b := range e.Summary {
		if b.State == ui.Failed {
			failed++
		}
	}
	if failed > 0 {
		s.record(e, "", "error-count", strconv.Itoa(failed))
		s.record(e, "", "ui", ui.ErrorWords, "\n==> Some builds didn't complete successfully and had errors:")
	}
}

func (s *Sink) failure(e ui.Event) {
	why := strings.TrimPrefix(e.Problem.Summary, e.Build+": ")
	s.record(e, e.Build, "error", why)
	s.record(e, "", "ui", ui.ErrorWords, fmt.Sprintf("--> %s: %s", e.Build, why))
}

func (s *Sink) artifact(e ui.Event) {
	if e.Artifact == nil {
		s.record(e, "", "ui", ui.SayWords, "\n==> Builds finished but no artifacts were created.")
		return
	}
	if !s.listed {
		s.listed = true
		s.record(e, "", "ui", ui.SayWords, "\n==> Builds finished. The artifacts of successful builds are:")
	}
	if e.Index == 0 {
		s.record(e, e.Build, "artifact-count", strconv.Itoa(e.Count))
	}
	fact := func(args ...string) {
		s.record(e, e.Build, append([]string{"artifact", strconv.Itoa(e.Index)}, args...)...)
	}
	a := e.Artifact
	fact("builder-id", a.Builder)
	fact("id", a.ID)
	fact("string", a.Title)
	fact("files-count", strconv.Itoa(len(a.Files)))
	for i, name := range a.Files {
		fact("file", strconv.Itoa(i), name)
	}
	fact("end")
	category, text := e.Words()
	s.record(e, "", "ui", category, text)
}
