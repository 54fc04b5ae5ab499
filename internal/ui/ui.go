// Package ui is the one door to the terminal: everything a run shows goes
// through it, is redacted there, and is rendered for a person, for a log or
// for a program.
package ui

import (
	"fmt"
	"io"
	"sync"

	"github.com/ovenbird-io/ovenbird/internal/lines"
)

// UI is where one build, or one part of it, reports. Nil and the zero value
// discard. It is safe for concurrent use.
type UI struct {
	root  *Root
	build string
	part  string
}

// Part gives the UI of one part of the build, such as a post-processor; people
// see "build (part)".
func (u *UI) Part(name string) *UI {
	if u == nil || u.root == nil {
		return u
	}
	return &UI{root: u.root, build: u.build, part: name}
}

// Say announces a step.
func (u *UI) Say(format string, args ...any) { u.text(Say, format, args) }

// Detail adds a line below what was announced last.
func (u *UI) Detail(format string, args ...any) { u.text(Line, format, args) }

// Warn reports something the user should know but that stops nothing.
func (u *UI) Warn(format string, args ...any) { u.text(Warn, format, args) }

// Error reports a failure; the error itself is still returned by the caller,
// so this is for the output of things that failed.
func (u *UI) Error(format string, args ...any) { u.text(Error, format, args) }

// Result shows a line about a step of the build that was asked for, on stdout.
func (u *UI) Result(step string, s State, text string) {
	u.emit(Event{Kind: ResultKind, Step: step, State: s, Text: text})
}

// Stdout takes the standard output of a command and reports it line by line.
// Close reports a last line that has no newline.
func (u *UI) Stdout() io.WriteCloser { return u.lines("stdout") }

// Stderr takes the standard error of a command, as Stdout does.
func (u *UI) Stderr() io.WriteCloser { return u.lines("stderr") }

// Hide keeps values out of everything reported from now on, for secrets that
// are only known while the build runs.
func (u *UI) Hide(secrets ...string) {
	if u != nil {
		u.root.Hide(secrets...)
	}
}

// Step starts the clock for one step of the build, such as "boot" or
// "provisioner shell"; call done when it ends, however it ends. The times make
// up the summary.
func (u *UI) Step(name string) (done func()) {
	if u == nil || u.root == nil {
		return func() {}
	}
	start := u.root.beginStep(u, name)
	return sync.OnceFunc(func() { u.root.endStep(u, name, start) })
}

// Progress starts a progress bar over total bytes (0 or less: unknown). Write
// to it or Add to it; Close it.
func (u *UI) Progress(label string, total int64) *Progress {
	if u == nil || u.root == nil {
		return &Progress{}
	}
	return newProgress(u, label, total)
}

func (u *UI) text(kind Kind, format string, args []any) {
	if u == nil || u.root == nil {
		return
	}
	text := format
	if len(args) > 0 {
		text = fmt.Sprintf(format, args...)
	}
	u.emit(Event{Kind: kind, Text: text})
}

func (u *UI) emit(e Event) {
	e.Build, e.Part = u.build, u.part
	u.root.emit(e)
}

func (u *UI) lines(stream string) io.WriteCloser {
	if u == nil || u.root == nil {
		return discard{}
	}
	return &lines.Writer{
		Emit: func(line string) { u.emit(Event{Kind: Line, Stream: stream, Text: line}) },
		Cut:  u.root.hidden.Cut,
	}
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) Close() error                { return nil }
