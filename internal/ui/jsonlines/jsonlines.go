// Package jsonlines writes one JSON object a line, for programs; docs/events.md
// is the contract.
package jsonlines

import (
	"encoding/json"
	"io"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// eventVersion is the "v" of every JSON event. It grows when a field changes
// its meaning or goes away, not when one is added.
const eventVersion = 1

// Sink writes the lines.
type Sink struct {
	W io.Writer

	told map[int64]time.Time // progress to when it was last reported
}

type event struct {
	V          int         `json:"v"`
	Time       string      `json:"time"`
	Event      ui.Kind     `json:"event"`
	Build      string      `json:"build,omitempty"`
	Part       string      `json:"part,omitempty"`
	Text       string      `json:"text,omitempty"`
	Stream     string      `json:"stream,omitempty"`
	Step       string      `json:"step,omitempty"`
	State      ui.State    `json:"state,omitempty"`
	Seconds    *float64    `json:"seconds,omitempty"`
	Progress   *progress   `json:"progress,omitempty"`
	Artifact   *made       `json:"artifact,omitempty"`
	Problem    *problem    `json:"problem,omitempty"`
	Check      *check      `json:"check,omitempty"`
	Checkpoint *checkpoint `json:"checkpoint,omitempty"`
	Builds     []build     `json:"builds,omitempty"`
}

type progress struct {
	ID    int64  `json:"id"`
	Label string `json:"label"`
	Done  int64  `json:"done"`
	Total int64  `json:"total,omitempty"`
}

type made struct {
	Builder string            `json:"builder"`
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	Files   []string          `json:"files"`
	Details map[string]string `json:"details,omitempty"`
}

type problem struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Needed bool   `json:"needed"`
	Found  string `json:"found,omitempty"`
	Fix    string `json:"fix,omitempty"`
}

type checkpoint struct {
	Key      string    `json:"key"`
	Parent   string    `json:"parent,omitempty"`
	Title    string    `json:"title,omitempty"`
	Build    string    `json:"build,omitempty"`
	Template string    `json:"template,omitempty"`
	Made     time.Time `json:"made,omitzero"`
	Used     time.Time `json:"used,omitzero"`
	Size     int64     `json:"size"`
	InUse    bool      `json:"in_use"`
	Damage   string    `json:"damage,omitempty"`
}

type build struct {
	Build   string   `json:"build"`
	State   ui.State `json:"state,omitempty"`
	Seconds float64  `json:"seconds"`
	Steps   []step   `json:"steps"`
}

type step struct {
	Step    string  `json:"step"`
	Seconds float64 `json:"seconds"`
}

// Event writes one line. Progress is thinned out to one a second.
func (s *Sink) Event(e ui.Event) {
	switch {
	case e.Kind == ui.ProgressKind && !s.due(e), e.Kind == ui.DebugKind, e.Kind == ui.FactKind, e.Kind == ui.ArtifactKind && e.Artifact == nil:
		return
	}
	out := event{
		V: eventVersion, Time: e.Time.Format(time.RFC3339Nano), Event: e.Kind, Build: e.Build, Part: e.Part,
		Text: e.Text, Stream: e.Stream, Step: e.Step, State: e.State, Artifact: artifactOf(e.Artifact),
	}
	switch e.Kind {
	case ui.StepKind, ui.BuildKind, ui.ProgressKind:
		if e.State != ui.Started {
			took := seconds(e.Elapsed)
			out.Seconds = &took
		}
	}
	if e.Kind == ui.ProgressKind {
		out.Progress = &progress{ID: e.Progress.ID, Label: e.Progress.Label, Done: e.Progress.Done, Total: e.Progress.Total}
	}
	if p := e.Problem; p.Severity != "" {
		out.Problem = &problem{Severity: p.Severity, Summary: p.Summary, Detail: p.Detail, File: p.File, Line: p.Line, Column: p.Column}
	}
	if e.Kind == ui.CheckKind {
		c := check(e.Check)
		out.Check = &c
	}
	if e.Kind == ui.CheckpointKind {
		c := checkpoint(e.Checkpoint)
		out.Checkpoint = &c
	}
	for _, b := range e.Summary {
		jb := build{Build: b.Build, State: b.State, Seconds: seconds(b.Elapsed), Steps: []step{}}
		for _, s := range b.Steps {
			jb.Steps = append(jb.Steps, step{Step: s.Step, Seconds: seconds(s.Elapsed)})
		}
		out.Builds = append(out.Builds, jb)
	}
	enc := json.NewEncoder(s.W)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // a reader that went away cannot be told
}

func (s *Sink) due(e ui.Event) bool {
	switch {
	case e.State == ui.Done:
		delete(s.told, e.Progress.ID)
		return true
	case e.State == ui.Running && e.Time.Sub(s.told[e.Progress.ID]) < time.Second:
		return false
	}
	if s.told == nil {
		s.told = map[int64]time.Time{}
	}
	s.told[e.Progress.ID] = e.Time
	return true
}

func artifactOf(a *artifact.Artifact) *made {
	if a == nil {
		return nil
	}
	files := a.Files
	if files == nil {
		files = []string{}
	}
	return &made{Builder: a.Builder, ID: a.ID, Title: a.Title, Files: files, Details: a.Details}
}

// seconds keeps milliseconds.
func seconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}
