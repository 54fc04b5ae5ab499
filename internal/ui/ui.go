// Package ui is the one door to the terminal.
package ui

import "io"

// UI is where one build, or one part of it, reports. The zero value discards.
// It is safe for concurrent use.
type UI struct {
	sink  Sink
	build string
}

// Sink takes events; the terminal, plain lines and JSON are sinks.
type Sink interface{ Event(e Event) }

// Event is one thing that happened.
type Event struct {
	Kind  string // "say", "line", "error", "warn", "progress"
	Build string
	Text  string
}

// Say announces a step.
func (u *UI) Say(format string, args ...any) {}

// Detail adds a line below what was announced last.
func (u *UI) Detail(format string, args ...any) {}

// Warn reports something the user should know but that stops nothing.
func (u *UI) Warn(format string, args ...any) {}

// Error reports a failure; the error itself is still returned by the caller,
// so this is for the output of things that failed.
func (u *UI) Error(format string, args ...any) {}

// Stdout takes the standard output of a command, line by line.
func (u *UI) Stdout() io.WriteCloser { return nil }

// Stderr takes the standard error of a command, line by line.
func (u *UI) Stderr() io.WriteCloser { return nil }

// Progress starts a progress bar over total bytes (0 or less: unknown). Write
// to it or Add to it; Close it.
func (u *UI) Progress(label string, total int64) *Progress { return &Progress{} }

// Progress is one running progress bar.
type Progress struct{}

func (p *Progress) Write(b []byte) (int, error) { return len(b), nil }

// Add counts n more bytes.
func (p *Progress) Add(n int64) {}

// Close ends the bar.
func (p *Progress) Close() error { return nil }
