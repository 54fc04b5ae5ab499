package ui

import (
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
)

// Kind says what an event is; its text is the "event" field of -json.
type Kind string

// The kinds of events. docs/events.md tells which fields each one has.
const (
	Say            Kind = "say"
	Line           Kind = "line"
	Warn           Kind = "warn"
	Error          Kind = "error"
	ProgressKind   Kind = "progress"
	StepKind       Kind = "step"
	BuildKind      Kind = "build"
	ArtifactKind   Kind = "artifact"
	SummaryKind    Kind = "summary"
	DiagKind       Kind = "diagnostic"
	ResultKind     Kind = "result"
	CheckKind      Kind = "check"
	CheckpointKind Kind = "checkpoint"
	DebugKind      Kind = "debug" // only logs show it
	FactKind       Kind = "fact"  // only Packer's format for programs shows it
)

// Event is one thing that happened, already free of secrets when a sink sees it.
type Event struct {
	Kind       Kind
	Time       time.Time
	Build      string
	Part       string // of the build, "" for the build itself
	Text       string
	Stream     string // of a Line: "stdout", "stderr" or "" for our own
	Step       string // of a StepKind
	State      State  // of a StepKind, ProgressKind or BuildKind
	Elapsed    time.Duration
	Progress   Amount
	Artifact   *artifact.Artifact // nil: nothing was made
	Index      int                // of the artifact, among Count of its build
	Count      int
	Problem    Problem // of a DiagKind
	Summary    []BuildTimes
	Check      Check
	Checkpoint Checkpoint
	Fact       []string // a name and its values
	Raw        bool     // Text is a file's, shown as it is
}

// State is how far a step, a progress or a build is.
type State string

// The states.
const (
	Started   State = "started"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Skipped   State = "skipped" // of a build that never started
)

// Problem is an error or a warning about the template or the command line.
type Problem struct {
	Severity     string // "error", "warning" or "" for advice
	Summary      string
	Detail       string
	File         string // "" when it is in no file
	Line, Column int    // from 1; columns count characters
	Text         string // all of it with an excerpt, as people see it
}

// Check is one thing that doctor looked at.
type Check struct {
	Name   string
	OK     bool
	Needed bool   // nothing can be baked without it
	Found  string // what is there, or ""
	Fix    string // the command that mends it, or ""
}

// Checkpoint is a machine that is remembered.
type Checkpoint struct {
	Key, Parent            string // the parent is what it stands on, or ""
	Title, Build, Template string // the title is the step it was frozen after
	Made, Used             time.Time
	Size                   int64 // on the disk, in bytes
	InUse                  bool
	Damage                 string // why it cannot be used, or ""
}

// Made is what one build made.
type Made struct {
	Build     string
	Artifacts []*artifact.Artifact
}

// Amount is how much of something is done, in bytes.
type Amount struct {
	ID    int64 // tells progresses of one run apart
	Label string
	Done  int64
	Total int64 // 0: unknown
	Solo  bool  // no other build is running
}

// BuildTimes says where the time of one build went.
type BuildTimes struct {
	Build   string
	State   State
	Elapsed time.Duration
	Steps   []StepTime
}

// StepTime is the time one step took.
type StepTime struct {
	Step    string
	Elapsed time.Duration
}

// Sink takes events, one at a time; the terminal, plain lines and JSON are sinks.
type Sink interface{ Event(e Event) }
