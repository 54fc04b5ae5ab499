package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// provisionerList is a provisioners block: steps that builds can use by name.
type provisionerList struct {
	blocks hcl.Blocks
	at     hcl.Range
}

// ReadLists reads the provisioners blocks.
func (r *Recipe) ReadLists() {
	r.lists = map[string]*provisionerList{}
	for _, b := range r.expanded("provisioners") {
		content, diags := b.Body.Content(&hcl.BodySchema{
			Blocks: []hcl.BlockHeaderSchema{{Type: "provisioner", LabelNames: []string{"type"}}},
		})
		r.Diags = append(r.Diags, diags...)
		name := b.Labels[0]
		if first := r.lists[name]; first != nil {
			r.Diags = append(r.Diags, hclfile.Duplicate(b.DefRange, first.at, "Duplicate provisioners",
				fmt.Sprintf("The provisioners %q are already listed at %s.", name, first.at)))
			continue
		}
		r.lists[name] = &provisionerList{blocks: content.Blocks, at: b.DefRange}
	}
}

// Listed are the blocks of a list of provisioners; nil when there is none.
func (r *Recipe) Listed(name string) hcl.Blocks {
	if list := r.lists[name]; list != nil {
		return list.blocks
	}
	return nil
}

// useLists puts the provisioners that use names before those of the build.
func (r *Recipe) useLists(b *Build, attr *hcl.Attribute) {
	value, diags := r.Evaluator(b.Turn)(attr.Expr)
	r.Diags = append(r.Diags, diags...)
	if diags.HasErrors() || !value.IsWhollyKnown() || value.IsNull() {
		return
	}
	names := []cty.Value{value}
	if kind := value.Type(); kind.IsTupleType() || kind.IsListType() || kind.IsSetType() {
		names = value.AsValueSlice()
	}
	for _, name := range names {
		if name.IsNull() || name.Type() != cty.String {
			r.Fail(attr.Expr.Range().Ptr(), "Unsuitable value for \"use\"",
				"The name of a provisioners block is needed, or a list of names.")
			continue
		}
		list := r.lists[name.AsString()]
		if list == nil {
			r.unknownList(name.AsString(), attr.Expr.Range())
			continue
		}
		for _, step := range list.blocks {
			s := r.readStep(step, &ProvisionerMeta{}, b.Turn)
			s.listed = true
			b.Provisioners = append(b.Provisioners, s)
		}
	}
}

func (r *Recipe) unknownList(name string, at hcl.Range) {
	names := slices.Sorted(maps.Keys(r.lists))
	there := "The template has none."
	if len(names) > 0 {
		there = "There are: " + strings.Join(names, ", ") + "."
	}
	r.Fail(&at, fmt.Sprintf("Unknown provisioners %q", name), fmt.Sprintf(
		"There is no block provisioners %q.%s %s", name, decode.Suggest(name, names), there))
}
