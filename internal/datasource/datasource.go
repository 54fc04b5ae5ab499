// Package datasource says what a data source is: it looks something up outside
// the template before anything is built, for data.TYPE.NAME in expressions.
package datasource

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Source looks something up. It is its own options struct.
type Source interface {
	// Outputs is the type of what Read returns, known before it is read.
	Outputs() Outputs
	// Read gives each of the outputs a value.
	Read(ctx context.Context, out *ui.UI) (map[string]cty.Value, error)
}

// Outputs are the ATTR of data.TYPE.NAME.ATTR, with their types.
type Outputs map[string]cty.Type

// Secretive is a source that knows which of the texts it has read must not be
// shown; sensitive tells whether a sensitive value went into its options. What
// any other source tells is secret as a whole if that is so, and else not.
type Secretive interface {
	Secrets(sensitive bool) []string
}

// Env is what a source knows of the run it is part of.
type Env struct {
	Type, Name string // of the block
	Root       string // the template's directory, as typed
	CacheDir   string // things worth keeping, absolute
	RunID      string // one UUID for the whole run
}

// ReadError is a source that could not be read. It stands in the Extra of the
// diagnostic that says so: the template may be right.
type ReadError struct {
	Source string // "data.http.x"
	Err    error
}

func (e *ReadError) Error() string { return e.Source + ": " + e.Err.Error() }
func (e *ReadError) Unwrap() error { return e.Err }

// Unknown are the outputs of a source that has not been read.
func (o Outputs) Unknown() cty.Value {
	all := map[string]cty.Value{}
	for name, kind := range o {
		all[name] = cty.UnknownVal(kind)
	}
	return cty.ObjectVal(all)
}
