// Package option holds what all components share about their options: how a
// bad one is reported, and the optional interfaces the template reader asks for.
package option

import (
	"errors"
	"fmt"
)

// Validator is a component that checks its decoded options. All problems are
// reported at once, joined with errors.Join, each made by Bad.
type Validator interface{ Validate() error }

// Deferred is a component that knows options it does not support yet: name to
// the reason or the way around, one sentence.
type Deferred interface{ Deferred() map[string]string }

// Warner is a component with something to say about valid options.
type Warner interface{ Warnings() []string }

// Problem is one bad option.
type Problem struct {
	Option string // the HCL name, "" when no single option is to blame
	Text   string // what is wrong and what to do, full sentences
	Later  bool   // the value is good, but not supported yet

	cause error
}

// Unwrap is the error that the text was made of, or nil.
func (p *Problem) Unwrap() error { return p.cause }

func (p *Problem) Error() string {
	if p.Option == "" {
		return p.Text
	}
	return p.Option + ": " + p.Text
}

// Bad reports that the named option cannot be used and says what to do. An error
// among the arguments can be unwrapped.
func Bad(name, format string, args ...any) error {
	p := &Problem{Option: name, Text: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			p.cause = err
		}
	}
	return p
}

// Later reports that the named option has a value that is not supported yet and
// says what to do meanwhile. A build refuses it; validate only warns.
func Later(name, format string, args ...any) error {
	return &Problem{Option: name, Text: fmt.Sprintf(format, args...), Later: true}
}

// Problems lists every problem joined in err; an error that is no Problem
// becomes one without an option.
func Problems(err error) []*Problem {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Problem
		for _, e := range many.Unwrap() {
			all = append(all, Problems(e)...)
		}
		return all
	}
	if p := (*Problem)(nil); errors.As(err, &p) {
		return []*Problem{p}
	}
	return []*Problem{{Text: err.Error()}}
}
