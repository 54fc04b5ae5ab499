package datasource

import (
	"sync"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/literal"
)

// Reading is one source being read.
type Reading struct {
	ID     string // "data.http.x"
	Source Source
	Value  cty.Value // an object of all outputs; cty.NilVal when nothing was read
	Err    error
}

// ReadAll reads sources side by side.
func ReadAll(all []*Reading, read func(id string, source Source) (map[string]cty.Value, error)) {
	var wait sync.WaitGroup
	for _, r := range all {
		wait.Go(func() {
			var values map[string]cty.Value
			if values, r.Err = read(r.ID, r.Source); values != nil {
				r.Value = r.Source.Outputs().object(values)
			}
		})
	}
	wait.Wait()
}

// object has each output; what was not given is null.
func (o Outputs) object(values map[string]cty.Value) cty.Value {
	all := map[string]cty.Value{}
	for name, kind := range o {
		all[name] = cty.NullVal(kind)
		if v, ok := values[name]; ok {
			all[name] = v
		}
	}
	return cty.ObjectVal(all)
}

// Secrets are the texts that must not be shown after a reading; sensitive tells
// whether a sensitive value went into the options.
func (r *Reading) Secrets(sensitive bool) []string {
	var all []string
	if own, ok := r.Source.(Secretive); ok {
		for _, text := range own.Secrets(sensitive) {
			all = append(all, literal.Texts(cty.StringVal(text))...)
		}
	} else if sensitive {
		all = literal.Texts(r.Value)
	}
	return all
}
