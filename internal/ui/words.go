package ui

import (
	"fmt"
	"strings"
)

// The categories that Words puts events in; they are Packer's.
const (
	SayWords     = "say"
	MessageWords = "message"
	ErrorWords   = "error"
)

// Words is what people read of an event, without colours, as logs and Packer's
// format for programs have it; an event that says nothing has no category.
func (e Event) Words() (category, text string) {
	switch e.Kind {
	case Say:
		return SayWords, e.tag("==> ", "")
	case Warn:
		return SayWords, e.tag("==> ", "Warning: ")
	case Error:
		return ErrorWords, e.tag("==> ", "")
	case Line:
		if e.Stream == "stderr" {
			return ErrorWords, e.tag("==> ", "")
		}
		return MessageWords, e.tag("    ", "")
	case BuildKind:
		return e.ending()
	case DiagKind:
		if e.Problem.Severity == "error" {
			return ErrorWords, e.Text
		}
		return SayWords, e.Text
	case ResultKind, CheckKind, CheckpointKind:
		return SayWords, e.Text
	case ArtifactKind:
		if e.Artifact != nil {
			return SayWords, fmt.Sprintf("--> %s: %s", e.Build, e.Artifact.Title)
		}
	}
	return "", ""
}

// tag puts the name of the build in front of each line.
func (e Event) tag(mark, word string) string {
	name := e.Build
	if e.Part != "" {
		name += " (" + e.Part + ")"
	}
	head := word
	if name != "" {
		head = mark + name + ": " + word
	}
	text := strings.TrimRight(e.Text, "\n")
	return head + strings.ReplaceAll(text, "\n", "\n"+head)
}

// ending tells how a build ended.
func (e Event) ending() (category, text string) {
	category, verb := SayWords, "finished"
	switch e.State {
	case Skipped:
		return ErrorWords, fmt.Sprintf("Build '%s' was not started: %s.", e.Build, e.Text)
	case Failed:
		category, verb = ErrorWords, "errored"
	case Cancelled:
		category, verb = ErrorWords, "was cancelled"
	}
	return category, fmt.Sprintf("Build '%s' %s after %s.", e.Build, verb, Spell(e.Elapsed))
}
