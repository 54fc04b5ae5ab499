package legacy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// lookup finds a builder by its name; it complains when there is none.
func (c *converter) lookup(name string, at hcl.Range, where string) *builder {
	b := c.builders[name]
	if b == nil {
		names := slices.Sorted(maps.Keys(c.builders))
		d := hclfile.Error(&at, "Unknown builder", fmt.Sprintf("%s names the builder %q, which is not there.%s There are: %s.",
			where, name, decode.Suggest(name, names), strings.Join(names, ", ")))
		d.Extra = unmatched{}
		if !c.loading {
			d.Severity = hcl.DiagWarning
		}
		c.diags = append(c.diags, d)
	}
	return b
}

// unmatched marks that a step names a builder which is not there.
type unmatched struct{}

// Unmatched tells whether a template has the right form, and d is only that a
// step names a builder which is not there.
func Unmatched(d *hcl.Diagnostic) bool {
	_, ok := d.Extra.(unmatched)
	return ok
}
