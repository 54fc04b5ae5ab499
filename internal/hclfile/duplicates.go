package hclfile

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// duplicate is the Extra of a diagnostic about something that is there twice.
type duplicate struct{ first hcl.Range }

// Duplicate is Error for what stands at a place though it stands at first, too.
func Duplicate(at, first hcl.Range, summary, detail string) *hcl.Diagnostic {
	d := Error(&at, summary, detail)
	d.Extra = duplicate{first}
	return d
}

// Clashes adds a way out where two files of a directory define the same: they
// may be templates of their own. It is said once for each pair of files.
func Clashes(diags hcl.Diagnostics) {
	told := map[[2]string]bool{}
	for _, d := range diags {
		twice, ok := d.Extra.(duplicate)
		if !ok || twice.first.Filename == d.Subject.Filename {
			continue
		}
		pair := [2]string{twice.first.Filename, d.Subject.Filename}
		if told[pair] {
			continue
		}
		told[pair] = true
		d.Detail += fmt.Sprintf("\n\nAll files of a directory make one template. If %s and %s are two, name one of these files "+
			"instead of the directory.", pair[0], pair[1])
	}
}
