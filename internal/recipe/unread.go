package recipe

import (
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
		"This depends on data sources, which were not read, so what it stands for is not checked. "+ReadHint)
	return true
}

// ReadHint says how to check what data sources decide.
const ReadHint = "validate -evaluate-datasources reads data sources first."
