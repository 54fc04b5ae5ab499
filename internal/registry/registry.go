// Package registry stands in for HCP Packer, where images are not registered.
package registry

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ovenbird-io/ovenbird/internal/decode"
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

// Seen are the blocks of the registry at the top of a template, or in a build,
// where there is one at most. The zero value is none.
type Seen struct{ first *hcl.Range }

// Ignore reads one, hcp_packer_registry, which does nothing here, and tells what
// is wrong with it all the same.
func (s *Seen) Ignore(b *hcl.Block, eval decode.Eval) hcl.Diagnostics {
	diags := hcl.Diagnostics{hclfile.Warning(&b.DefRange, "hcp_packer_registry does nothing here", "Images are baked, but not registered with HCP Packer.")}
	if s.first == nil {
		s.first = &b.DefRange
	}
	if *s.first != b.DefRange {
		diags = append(diags, hclfile.Error(&b.DefRange, "Second hcp_packer_registry", fmt.Sprintf("One is enough; there is one at %s already.", s.first)))
	}
	content, _, more := b.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{
		{Name: "bucket_name"}, {Name: "description"}, {Name: "labels"}, {Name: "bucket_labels"}, {Name: "build_labels"}, {Name: "channels"},
	}})
	diags = append(diags, more...)
	for _, name := range slices.Sorted(maps.Keys(content.Attributes)) {
		diags = append(diags, check(content.Attributes[name], eval)...)
	}
	if attr := content.Attributes["labels"]; attr != nil && content.Attributes["bucket_labels"] != nil {
		diags = append(diags, hclfile.Error(&attr.NameRange, "Invalid labels", "labels is an older name of bucket_labels; use that alone."))
	}
	return diags
}

// check looks at the value of an argument, unless it is unknown or null.
func check(attr *hcl.Attribute, eval decode.Eval) hcl.Diagnostics {
	kind := cty.Map(cty.String)
	switch attr.Name {
	case "bucket_name", "description":
		kind = cty.String
	case "channels":
		kind = cty.List(cty.String)
	}
	value, diags := eval(attr.Expr)
	if diags.HasErrors() {
		return diags
	}
	fail := func(detail string) hcl.Diagnostics {
		return append(diags, hclfile.Error(attr.Expr.Range().Ptr(), "Invalid "+attr.Name, detail))
	}
	value, err := convert.Convert(value, kind)
	switch {
	case err != nil:
		return fail(fmt.Sprintf("It does not fit here: %s.", err))
	case kind != cty.String || !value.IsKnown() || value.IsNull():
	case attr.Name == "description" && len(value.AsString()) > 255:
		return fail(fmt.Sprintf("It has %d bytes; HCP Packer takes at most 255.", len(value.AsString())))
	case attr.Name == "bucket_name" && value.AsString() != "" && !regexp.MustCompile(`^[a-zA-Z0-9-]{3,36}$`).MatchString(value.AsString()):
		return fail("HCP Packer takes 3 to 36 letters, digits and hyphens.")
	}
	return diags
}
