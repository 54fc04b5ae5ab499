// Package null is the data source that only repeats its input.
package null

import (
	"context"

	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Null tells what it was given, as output. It is known only when data sources
// are read, which makes it good for trying templates.
type Null struct {
	// What output will be.
	Input string `hcl:"input"`
}

// New makes a null data source.
func New(datasource.Env) datasource.Source { return &Null{} }

// Outputs names what Read gives.
func (*Null) Outputs() datasource.Outputs {
	return datasource.Outputs{"output": cty.String}
}

// Read gives the input.
func (n *Null) Read(context.Context, *ui.UI) (map[string]cty.Value, error) {
	return map[string]cty.Value{"output": cty.StringVal(n.Input)}, nil
}
