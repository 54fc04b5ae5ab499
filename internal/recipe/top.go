package recipe

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// explainTop says what may stand at the top of a file. A source whose labels are
// wrong is not looked for once more.
func (r *Recipe) explainTop(diags hcl.Diagnostics) {
	for _, d := range diags {
		switch {
		case d.Summary == "Unsupported argument":
			d.Detail = "Only blocks stand at the top of a file. A value has its name in a block: locals { x = ... }. " +
				"Values for variables are a file of their own: -var-file=x.pkrvars.hcl."
		case d.Summary == "Unsupported block type" && !strings.Contains(d.Detail, "Did you mean"):
			var names []string
			for _, b := range rootSchema(true).Blocks {
				names = append(names, b.Type)
			}
			d.Detail += " There are: " + strings.Join(names, ", ") + "."
		case strings.HasSuffix(d.Summary, " for source"):
			r.unlabelled = true
		}
	}
}
