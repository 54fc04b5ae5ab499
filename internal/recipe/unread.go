package recipe

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// unread warns of a value that decides which builds there are, but is not known
// because data sources were not read.
func (r *Recipe) unread(value cty.Value, at hcl.Range) bool {
	if value.IsKnown() || !r.Scope.HasData() || r.ReadData || r.Diags.HasErrors() {
		return false
	}
	r.Unplanned = true
	r.Warn(&at, "Which builds there are is not known yet",
		"This depends on data sources, which were not read, so what it stands for is not checked. "+readHint())
	return true
}

// ExplainUnread says how to check what HCL wants to know at once.
func ExplainUnread(diags hcl.Diagnostics) {
	for _, d := range diags {
		if d.Summary == "Invalid dynamic block label" && strings.HasPrefix(d.Detail, "This value is not yet known.") {
			d.Detail = "The label must be known before anything is built. " + readHint()
		}
	}
}

func readHint() string { return "validate -evaluate-datasources reads data sources first." }
