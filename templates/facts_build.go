package templates

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/templates/buildvars"
)

// conditions watches a source being decoded, and names the text of each
// expression that uses build.*: what it decides on that is known only when the
// build runs, and may come out otherwise than with placeholders.
func (t *template) conditions(src *decode.Source, h stepkey.Hider) func() []stepkey.Fact {
	var facts []stepkey.Fact
	eval := src.Eval
	src.Eval = func(e hcl.Expression) (cty.Value, hcl.Diagnostics) {
		at := e.Range()
		if file := t.Files[at.Filename]; file != nil && buildvars.Decide(e) && at.CanSliceBytes(file.Bytes) {
			facts = append(facts, stepkey.Text("expression", h.Hide(string(at.SliceBytes(file.Bytes)))))
		}
		return eval(e)
	}
	return func() []stepkey.Fact { return facts }
}
