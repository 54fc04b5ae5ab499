package ui

import (
	"encoding/json"
	"io"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
)

// eventVersion is the "v" of every JSON event. It grows when a field changes
// its meaning or goes away, not when one is added.
const eventVersion = 1

// jsonLines writes one JSON object a line, for programs; docs/events.md is the
// contract.
type jsonLines struct {
	w    io.Writer
	told map[int64]time.Time // progress to when it was last reported
}

type jsonEvent struct {
	V        int           `json:"v"`
	Time     string        `json:"time"`
	Event    Kind          `json:"event"`
	Build    string        `json:"build,omitempty"`
	Part     string        `json:"part,omitempty"`
	Text     string        `json:"text,omitempty"`
	Stream   string        `json:"stream,omitempty"`
	Step     string        `json:"step,omitempty"`
	State    State         `json:"state,omitempty"`
	Seconds  *float64      `json:"seconds,omitempty"`
	Progress *jsonProgress `json:"progress,omitempty"`
	Artifact *jsonArtifact `json:"artifact,omitempty"`
	Problem  *jsonProblem  `json:"problem,omitempty"`
	Check    *jsonCheck    `json:"check,omitempty"`
	Builds   []jsonBuild   `json:"builds,omitempty"`
}

type jsonProgress struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
	Done  int64  `json:"done"`
	Total int64  `json:"total,omitempty"`
}

type jsonArtifact struct {
	Builder string            `json:"builder"`
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Files   []string          `json:"files"`
	Details map[string]string `json:"details,omitempty"`
}

type jsonProblem struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

type jsonCheck struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"`
	Found  string `json:"found,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

type jsonBuild struct {
	Build   string     `json:"build"`
	State   State      `json:"state,omitempty"`
	Seconds float64    `json:"seconds"`
	Steps   []jsonStep `json:"steps"`
}

type jsonStep struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// Event writes one line. Progress is thinned out to one a second.
func (j *jsonLines) Event(e Event) {
	switch {
	case e.Kind == ProgressKind && !j.due(e), e.Kind == DebugKind, e.Kind == FactKind, e.Kind == ArtifactKind && e.Artifact == nil:
		return
	}
	out := jsonEvent{
		V: eventVersion, Time: e.Time.Format(time.RFC3339Nano), Event: e.Kind, Build: e.Build, Part: e.Part,
		Text: e.Text, Stream: e.Stream, Step: e.Step, State: e.State, Artifact: jsonArtifactOf(e.Artifact),
	}
	switch e.Kind {
	case StepKind, BuildKind, ProgressKind:
		if e.State != Started {
			s := seconds(e.Elapsed)
			out.Seconds = &s
		}
	}
	if e.Kind == ProgressKind {
		out.Progress = &jsonProgress{ID: e.Progress.ID, Label: e.Progress.Label, Done: e.Progress.Done, Total: e.Progress.Total}
	}
	if p := e.Problem; p.Severity != "" {
		out.Problem = &jsonProblem{Severity: p.Severity, Summary: p.Summary, Detail: p.Detail, File: p.File, Line: p.Line, Column: p.Column}
	}
	if e.Kind == CheckKind {
		check := jsonCheck(e.Check)
		out.Check = &check
	}
	for _, b := range e.Summary {
		jb := jsonBuild{Build: b.Build, State: b.State, Seconds: seconds(b.Elapsed), Steps: []jsonStep{}}
		for _, s := range b.Steps {
			jb.Steps = append(jb.Steps, jsonStep{Step: s.Step, Seconds: seconds(s.Elapsed)})
		}
		out.Builds = append(out.Builds, jb)
	}
	enc := json.NewEncoder(j.w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // a reader that went away cannot be told
}

func (j *jsonLines) due(e Event) bool {
	switch {
	case e.State == Done:
		delete(j.told, e.Progress.ID)
		return true
	case e.State == Running && e.Time.Sub(j.told[e.Progress.ID]) < time.Second:
		return false
	}
	j.told[e.Progress.ID] = e.Time
	return true
}

func jsonArtifactOf(a *artifact.Artifact) *jsonArtifact {
	if a == nil {
		return nil
	}
	files := a.Files
	if files == nil {
		files = []string{}
	}
	return &jsonArtifact{Builder: a.Builder, ID: a.ID, Title: a.Title, Files: files, Details: a.Details}
}

// seconds keeps milliseconds.
func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}
