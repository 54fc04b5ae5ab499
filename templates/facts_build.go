package templates

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
	"github.com/ovenbird-io/ovenbird/templates/buildvars"
)

// decodeEarly decodes a step before the build runs, with placeholders for
// build.*. It names the text of each expression that uses build.* to decide
// something, which may come out otherwise when the build runs.
func (t *template) decodeEarly(s *recipe.Step, b *Build, build map[string]cty.Value, component any, h stepkey.Hider) (conditions []stepkey.Fact, err error) {
	src := t.stepSource(s, b, build, buildvars.Texts(build))
	eval := src.Eval
	src.Eval = func(e hcl.Expression) (cty.Value, hcl.Diagnostics) {
		at := e.Range()
		if file := t.Files[at.Filename]; file != nil && buildvars.Decide(e) && at.CanSliceBytes(file.Bytes) {
			conditions = append(conditions, stepkey.Text("expression", h.Hide(string(at.SliceBytes(file.Bytes)))))
		}
		return eval(e)
	}
	if _, diags := decode.Component(src, component); diags.HasErrors() {
		return nil, stepkey.Unnamed("its options depend on what only the running build knows")
	}
	return conditions, nil
}
