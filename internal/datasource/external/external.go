// Package external is the data source that asks a program.
package external

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/lines"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/proc"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// most is how much a program may answer, in bytes.
const most = 16 << 20

// External runs a program on the machine that bakes, in the folder of the
// template. The program reads the query, a JSON object of strings, from standard
// input, writes another to standard output, which becomes result, and exits
// with 0. What it writes to standard error is shown if it fails.
type External struct {
	// The program and its arguments. A name without a slash is looked for in
	// PATH; a relative path starts from the folder of the template.
	Program []string `hcl:"program"`
	// What the program is told, a map of strings. Default {}.
	Query map[string]string `hcl:"query,optional"`

	env datasource.Env
}

// New makes an external data source with its defaults.
func New(env datasource.Env) datasource.Source {
	return &External{Query: map[string]string{}, env: env}
}

// Validate checks the options.
func (e *External) Validate() error {
	if len(e.Program) == 0 || e.Program[0] == "" {
		return option.Bad("program", "It is empty; write [\"PROGRAM\", \"ARGUMENT\", ...].")
	}
	return nil
}

// Outputs names what Read gives.
func (*External) Outputs() datasource.Outputs {
	return datasource.Outputs{"result": cty.Map(cty.String)}
}

// Read runs the program; when ctx ends it is killed, with all it has started.
func (e *External) Read(ctx context.Context, _ *ui.UI) (map[string]cty.Value, error) {
	query, err := json.Marshal(e.Query)
	if err != nil {
		return nil, fmt.Errorf("writing the query: %w", err)
	}
	answer, errs := &bounded{}, &lines.Tail{}
	cmd := exec.Command(e.Program[0], e.Program[1:]...) //nolint:noctx,gosec // proc kills the whole group; the user's own program
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = e.env.Root, bytes.NewReader(query), answer, errs
	if err := proc.Run(ctx, cmd); err != nil {
		if answer.full {
			err = fmt.Errorf("it wrote more than %d MiB", most>>20)
		}
		if said := strings.TrimSpace(errs.String()); said != "" {
			return nil, fmt.Errorf("running %s: %w:\n%s", e.Program[0], err, said)
		}
		return nil, fmt.Errorf("running %s: %w", e.Program[0], err)
	}
	result, err := parse(answer.buf.Bytes())
	if err != nil {
		return nil, fmt.Errorf("reading what %s wrote: %w", e.Program[0], err)
	}
	return map[string]cty.Value{"result": result}, nil
}

// parse reads a JSON object of strings.
func parse(answer []byte) (cty.Value, error) {
	var all map[string]any
	if err := json.Unmarshal(answer, &all); err != nil {
		return cty.NilVal, fmt.Errorf("a JSON object of strings is needed: %w", err)
	}
	if all == nil {
		return cty.NilVal, errors.New("a JSON object of strings is needed, not null")
	}
	values := map[string]cty.Value{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text, ok := all[name].(string)
		if !ok {
			errs = append(errs, fmt.Errorf("%q is not a string; write it in quotes, or as JSON in a string for jsondecode", name))
			continue
		}
		values[name] = cty.StringVal(text)
	}
	if len(errs) > 0 {
		return cty.NilVal, errors.Join(errs...)
	}
	if len(values) == 0 {
		return cty.MapValEmpty(cty.String), nil
	}
	return cty.MapVal(values), nil
}

// bounded keeps what is written to it, up to most bytes; more is an error.
type bounded struct {
	buf  bytes.Buffer
	full bool
}

// Write keeps all or nothing.
func (b *bounded) Write(p []byte) (int, error) {
	if b.full = b.full || b.buf.Len()+len(p) > most; b.full {
		return 0, errors.New("too much output")
	}
	return b.buf.Write(p)
}
