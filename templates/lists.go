package templates

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
	blocks []*hcl.Block
	at     hcl.Range
}

func (t *template) readLists() {
	t.lists = map[string]*provisionerList{}
	for _, b := range t.expanded("provisioners") {
		content, diags := b.Body.Content(&hcl.BodySchema{
			Blocks: []hcl.BlockHeaderSchema{{Type: "provisioner", LabelNames: []string{"type"}}},
		})
		t.diags = append(t.diags, diags...)
		name := b.Labels[0]
		if first := t.lists[name]; first != nil {
			t.diags = append(t.diags, hclfile.Duplicate(b.DefRange, first.at, "Duplicate provisioners",
				fmt.Sprintf("The provisioners %q are already listed at %s.", name, first.at)))
			continue
		}
		t.lists[name] = &provisionerList{blocks: content.Blocks, at: b.DefRange}
	}
}

// useLists puts the provisioners that use names before those of the build.
func (t *template) useLists(b *buildBlock, attr *hcl.Attribute) {
	value, diags := t.evaluator(b.turn)(attr.Expr)
	t.diags = append(t.diags, diags...)
	if diags.HasErrors() || !value.IsWhollyKnown() || value.IsNull() {
		return
	}
	names := []cty.Value{value}
	if kind := value.Type(); kind.IsTupleType() || kind.IsListType() || kind.IsSetType() {
		names = value.AsValueSlice()
	}
	for _, name := range names {
		if name.IsNull() || name.Type() != cty.String {
			t.fail(attr.Expr.Range().Ptr(), "Unsuitable value for \"use\"",
				"The name of a provisioners block is needed, or a list of names.")
			continue
		}
		list := t.lists[name.AsString()]
		if list == nil {
			t.unknownList(name.AsString(), attr.Expr.Range())
			continue
		}
		for _, step := range list.blocks {
			s := t.readStep(step, &provisionerMeta{}, b.turn)
			s.listed = true
			b.provisioners = append(b.provisioners, s)
		}
	}
}

func (t *template) unknownList(name string, at hcl.Range) {
	names := slices.Sorted(maps.Keys(t.lists))
	there := "The template has none."
	if len(names) > 0 {
		there = "There are: " + strings.Join(names, ", ") + "."
	}
	t.fail(&at, fmt.Sprintf("Unknown provisioners %q", name), fmt.Sprintf(
		"There is no block provisioners %q.%s %s", name, decode.Suggest(name, names), there))
}
