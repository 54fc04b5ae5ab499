package ui

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// reportEvery is how often a long progress is mentioned where there are no bars.
const reportEvery = 30 * time.Second

// plain writes text for people, line after line.
type plain struct {
	stdout, stderr io.Writer
	color, stamps  bool
	builds         map[string]int      // build to its colour
	told           map[int64]time.Time // progress to when it was last mentioned
	gap            bool                // the last thing shown was a diagnostic
}

// Event shows one event. What cannot be written is lost: there is nowhere left
// to say so.
func (p *plain) Event(e Event) {
	if e.Kind == DebugKind || e.Kind == FactKind {
		return
	}
	defer func() { p.gap = e.Kind == DiagKind }()
	switch e.Kind {
	case Say:
		p.tagged("==> ", e, "", "")
	case Line:
		p.tagged("    ", e, "", "")
	case Warn:
		p.tagged("==> ", e, "Warning: ", yellow)
	case Error:
		p.tagged("==> ", e, "", red)
	case ProgressKind:
		p.progress(e)
	case StepKind:
		if e.State == Done && e.Elapsed >= 100*time.Millisecond {
			e.Text = e.Step + " took " + brief(e.Elapsed)
			p.tagged("    ", e, "", dim)
		}
	case BuildKind:
		p.build(e)
	case ArtifactKind:
		p.artifact(e)
	case SummaryKind:
		p.summary(e.Summary)
	case DiagKind:
		p.diagnostic(e.Text)
	case ResultKind, CheckKind, CheckpointKind:
		if !e.Raw {
			e.Text += "\n"
		}
		_, _ = io.WriteString(p.stdout, e.Text)
	}
}

// tagged writes each line of the text behind the build's name.
func (p *plain) tagged(mark string, e Event, word, color string) {
	name := e.Build
	if e.Part != "" {
		name += " (" + e.Part + ")"
	}
	if name != "" {
		name += ": "
	} else {
		mark = ""
	}
	head := p.paint(p.hue(e.Build), p.stamp(e)+mark+name)
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(e.Text, "\n"), "\n") {
		switch {
		case color != "":
			line = p.paint(color, word+line)
		case e.Kind == Say:
			line = p.paint(p.hue(e.Build), word+line)
		default:
			line = word + line
		}
		out.WriteString(strings.TrimRight(head+line, " ") + "\n")
	}
	_, _ = io.WriteString(p.stderr, out.String())
}

func (p *plain) progress(e Event) {
	last, seen := p.told[e.Progress.ID]
	switch {
	case !seen:
		p.told[e.Progress.ID] = e.Time
		return
	case e.State == Done:
		delete(p.told, e.Progress.ID)
		if e.Elapsed < reportEvery {
			return
		}
	case e.Time.Sub(last) < reportEvery:
		return
	default:
		p.told[e.Progress.ID] = e.Time
	}
	e.Text = e.Progress.Label + ": " + Size(e.Progress.Done)
	if t := e.Progress.Total; t > 0 {
		e.Text += fmt.Sprintf(" of %s (%d%%)", Size(t), 100*e.Progress.Done/t)
	}
	p.tagged("    ", e, "", "")
}

// stamp is the time to put in front of a line, if any.
func (p *plain) stamp(e Event) string {
	if !p.stamps {
		return ""
	}
	return e.Time.Format(time.RFC3339) + ": "
}

func (p *plain) build(e Event) {
	color := p.hue(e.Build)
	switch e.State {
	case Failed:
		color = red
	case Cancelled, Skipped:
		color = yellow
	}
	_, text := e.Words()
	_, _ = fmt.Fprintln(p.stderr, p.paint(color, p.stamp(e)+text))
}

func (p *plain) artifact(e Event) {
	if e.Artifact == nil {
		return
	}
	var out strings.Builder
	fmt.Fprintf(&out, "--> %s: %s\n", e.Build, e.Artifact.Title)
	for _, f := range e.Artifact.Files {
		out.WriteString("    " + f + "\n")
	}
	_, _ = io.WriteString(p.stdout, out.String())
}

func (p *plain) summary(builds []BuildTimes) {
	var out strings.Builder
	for _, b := range builds {
		if len(b.Steps) == 0 {
			continue
		}
		fmt.Fprintf(&out, "  %-36s %8s\n", b.Build, brief(b.Elapsed))
		for _, s := range b.Steps {
			fmt.Fprintf(&out, "    %-34s %8s", s.Step, brief(s.Elapsed))
			if b.Elapsed > 0 {
				fmt.Fprintf(&out, " %3.0f%%", 100*s.Elapsed.Seconds()/b.Elapsed.Seconds())
			}
			out.WriteByte('\n')
		}
	}
	if out.Len() > 0 {
		_, _ = io.WriteString(p.stderr, "\nWhere the time went:\n"+out.String())
	}
}

// diagnostic colours the word the text starts with, which says how bad it is.
func (p *plain) diagnostic(text string) {
	before := ""
	if p.gap {
		before = "\n"
	}
	word, rest, ok := strings.Cut(text, ":")
	switch {
	case ok && word == "Error":
		text = p.paint(red, word+":") + rest
	case ok && word == "Warning":
		text = p.paint(yellow, word+":") + rest
	}
	_, _ = io.WriteString(p.stderr, before+strings.TrimRight(text, "\n")+"\n")
}
