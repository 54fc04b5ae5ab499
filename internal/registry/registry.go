// Package registry stands in for HCP Packer, where images are not registered.
package registry

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// given is what HCP Packer gives each version of an image, below "packer".
var given = [...]string{"iterationID", "versionFingerprint"}

// nothing is what it is without HCP Packer.
const nothing = "<unknown>"

// Values are those of "packer" in expressions.
func Values() cty.Value {
	all := map[string]cty.Value{"version": cty.StringVal(gotmpl.Version)}
	for _, name := range given {
		all[name] = cty.StringVal(nothing)
	}
	return cty.ObjectVal(all)
}

// Warn warns of references to what only HCP Packer gives.
func Warn(refs []hcl.Traversal) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, ref := range refs {
		if name := hclfile.Step(ref, 1); ref.RootName() == "packer" && slices.Contains(given[:], name) {
			diags = append(diags, hclfile.Warning(ref.SourceRange().Ptr(), "packer."+name+" is not known here",
				fmt.Sprintf("HCP Packer gives it, but images are not registered there. It is the text %q.", nothing)))
		}
	}
	return diags
}
