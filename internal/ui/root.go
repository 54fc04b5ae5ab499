package ui

import (
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/redact"
)

// Options say where a run's output goes and what it looks like.
type Options struct {
	Stdout     io.Writer // results
	Stderr     io.Writer // progress and diagnostics
	Color      bool      // ANSI colours
	Bars       bool      // progress bars: Stderr is a terminal
	Timestamps bool      // RFC 3339 time in front of each text
	Sink       Sink      // shows the events instead of all the above
	Log        Sink      // gets the events, too; nil is none
	Now        func() time.Time
}

// Root is the output of a whole run; each build gets its UI from it. A nil
// Root discards. It is safe for concurrent use.
type Root struct {
	hidden redact.Secrets
	now    func() time.Time

	mu     sync.Mutex
	sink   Sink
	log    Sink
	open   map[string]int // build to its number of running steps
	order  []string
	times  map[string]*BuildTimes
	lastID int64
}

// New makes the output of a run.
func New(o Options) *Root {
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Root{now: o.Now, log: o.Log, open: map[string]int{}, times: map[string]*BuildTimes{}}
	text := &plain{stdout: o.Stdout, stderr: o.Stderr, color: o.Color, stamps: o.Timestamps, builds: map[string]int{}, told: map[int64]time.Time{}}
	switch {
	case o.Sink != nil:
		r.sink = o.Sink
	case o.Bars:
		r.sink = &terminal{plain: text}
	default:
		r.sink = text
	}
	return r
}

// For gives the UI of one build. Builds are coloured in the order of this call.
func (r *Root) For(build string) *UI {
	if r == nil {
		return &UI{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timesOf(build)
	return &UI{root: r, build: build}
}

// Aside gives the UI of something that is in no summary, such as a data source.
func (r *Root) Aside(name string) *UI { return &UI{root: r, build: name} }

// Hide keeps values out of everything shown from now on; see redact.Secrets.
func (r *Root) Hide(secrets ...string) {
	if r != nil {
		r.hidden.Add(secrets...)
	}
}

// Diagnostic shows an error or a warning, on stderr.
func (r *Root) Diagnostic(p Problem) { r.emit(Event{Kind: DiagKind, Text: p.Text, Problem: p}) }

// Result shows one line that was asked for, on stdout.
func (r *Root) Result(text string) { r.emit(Event{Kind: ResultKind, Text: text}) }

// Failure shows why a build failed, on stderr.
func (r *Root) Failure(build string, p Problem) {
	r.emit(Event{Kind: DiagKind, Build: build, Text: p.Text, Problem: p})
}

// File shows the text of a file on stdout, as it is: nothing is hidden in it
// and no newline is added.
func (r *Root) File(text string) { r.emit(Event{Kind: ResultKind, Text: text, Raw: true}) }

// Check shows one thing that doctor looked at, on stdout; text is for people.
func (r *Root) Check(c Check, text string) { r.emit(Event{Kind: CheckKind, Text: text, Check: c}) }

// Checkpoint shows one machine that is remembered, on stdout; text is for people.
func (r *Root) Checkpoint(c Checkpoint, text string) {
	r.emit(Event{Kind: CheckpointKind, Text: text, Checkpoint: c})
}

// Debug reports what only a log is for.
func (r *Root) Debug(text string) { r.emit(Event{Kind: DebugKind, Text: text}) }

// Fact tells programs that read Packer's format a name and its values.
func (r *Root) Fact(name string, values ...string) {
	r.emit(Event{Kind: FactKind, Fact: append([]string{name}, values...)})
}

// Warn reports something that concerns no single build.
func (r *Root) Warn(text string) { r.emit(Event{Kind: Warn, Text: text}) }

// Artifacts shows what all builds made, on stdout.
func (r *Root) Artifacts(all []Made) {
	some := false
	for _, m := range all {
		for i, a := range m.Artifacts {
			some = true
			r.emit(Event{Kind: ArtifactKind, Build: m.Build, Artifact: a, Index: i, Count: len(m.Artifacts)})
		}
	}
	if !some {
		r.emit(Event{Kind: ArtifactKind})
	}
}

// Finished tells how a build ended.
func (r *Root) Finished(build string, s State, elapsed time.Duration) {
	if r == nil {
		return
	}
	r.mu.Lock()
	t := r.timesOf(build)
	t.State, t.Elapsed = s, elapsed
	r.mu.Unlock()
	r.emit(Event{Kind: BuildKind, Build: build, State: s, Elapsed: elapsed})
}

// Skipped tells that a build was not started, and why.
func (r *Root) Skipped(build, why string) {
	r.emit(Event{Kind: BuildKind, Build: build, State: Skipped, Text: why})
}

// Summary tells where the time went, build by build.
func (r *Root) Summary() {
	if r == nil {
		return
	}
	r.mu.Lock()
	var all []BuildTimes
	for _, b := range r.order {
		t := *r.times[b]
		t.Steps = slices.Clone(t.Steps)
		all = append(all, t)
	}
	r.mu.Unlock()
	r.emit(Event{Kind: SummaryKind, Summary: all})
}

func (r *Root) timesOf(build string) *BuildTimes {
	t := r.times[build]
	if t == nil {
		t = &BuildTimes{Build: build}
		r.times[build], r.order = t, append(r.order, build)
	}
	return t
}

func (r *Root) beginStep(u *UI, name string) time.Time {
	r.mu.Lock()
	r.open[u.build]++
	r.mu.Unlock()
	u.emit(Event{Kind: StepKind, Step: name, State: Started})
	return r.now()
}

func (r *Root) endStep(u *UI, name string, start time.Time) {
	took := r.now().Sub(start)
	r.mu.Lock()
	if r.open[u.build]--; r.open[u.build] == 0 {
		delete(r.open, u.build)
	}
	t := r.timesOf(u.build)
	t.Steps = append(t.Steps, StepTime{Step: name, Elapsed: took})
	r.mu.Unlock()
	u.emit(Event{Kind: StepKind, Step: name, State: Done, Elapsed: took})
}

func (r *Root) nextID() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastID++
	return r.lastID
}

// emit redacts an event and hands it to the sink; events never overlap.
func (r *Root) emit(e Event) {
	if r == nil {
		return
	}
	e.Time = r.now()
	if !e.Raw {
		e.Text = r.clean(e.Text)
	}
	e.Check.Found, e.Check.Fix = r.clean(e.Check.Found), r.clean(e.Check.Fix)
	e.Step = r.clean(e.Step)
	e.Progress.Label = r.clean(e.Progress.Label)
	e.Problem.Summary, e.Problem.Detail, e.Problem.Text = r.clean(e.Problem.Summary), r.clean(e.Problem.Detail), e.Text
	if e.Artifact != nil {
		e.Artifact = r.cleanArtifact(e.Artifact)
	}
	for i, text := range e.Fact {
		e.Fact[i] = r.clean(text) // Fact made this list
	}
	for i, b := range e.Summary {
		for j := range b.Steps {
			e.Summary[i].Steps[j].Step = r.clean(b.Steps[j].Step)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.Kind == ProgressKind {
		others := len(r.open)
		if r.open[e.Build] > 0 {
			others--
		}
		e.Progress.Solo = others == 0
	}
	r.sink.Event(e)
	if r.log != nil {
		r.log.Event(e)
	}
}

// clean redacts before and after control sequences are taken out: a secret may
// hold such bytes, and colour codes may split one.
func (r *Root) clean(s string) string {
	if s == "" {
		return s
	}
	s = r.hidden.Redact(s)
	if bare := lines.Printable(s); bare != s {
		s = r.hidden.Redact(bare)
	}
	return s
}

func (r *Root) cleanArtifact(a *artifact.Artifact) *artifact.Artifact {
	c := &artifact.Artifact{Builder: a.Builder, ID: r.clean(a.ID), Title: r.clean(a.Title), Files: slices.Clone(a.Files), Details: maps.Clone(a.Details)}
	for i, f := range c.Files {
		c.Files[i] = r.clean(f)
	}
	for k, v := range c.Details {
		c.Details[k] = r.clean(v)
	}
	return c
}
