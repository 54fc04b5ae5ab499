package templates

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// buildBlock is a build block.
type buildBlock struct {
	name         string
	turn         *turn
	at           hcl.Range
	uses         []*use
	provisioners []*stepBlock
	cleanup      *stepBlock // error-cleanup-provisioner, or nil
	chains       [][]*stepBlock
}

// use is a source as a build block names it.
type use struct {
	source *source
	name   string   // the source's, or the one given here; with the key of its turn
	short  string   // the name without the key
	extra  hcl.Body // more options, or nil
	at     hcl.Range
}

// stepBlock is a provisioner or post-processor block.
type stepBlock struct {
	kind   string
	turn   *turn // of the build block
	listed bool  // it stands in a provisioners block, whose builds may differ
	kindAt hcl.Range
	body   hcl.Body // what is left for the component
	meta   meta
	set    decode.Ranges
	at     hcl.Range
}

func buildSchema() *hcl.BodySchema {
	return &hcl.BodySchema{
		Attributes: []hcl.AttributeSchema{{Name: "name"}, {Name: "description"}, {Name: "sources"}, {Name: "use"}},
		Blocks: []hcl.BlockHeaderSchema{
			{Type: "source", LabelNames: []string{"reference"}},
			{Type: "provisioner", LabelNames: []string{"type"}},
			{Type: "post-processor", LabelNames: []string{"type"}},
			{Type: "post-processors"},
			{Type: "error-cleanup-provisioner", LabelNames: []string{"type"}},
			{Type: "hcp_packer_registry"},
		},
	}
}

func (t *template) readBuilds() {
	for _, i := range t.instances("build") {
		content, diags := i.body.Content(buildSchema())
		t.diags = append(t.diags, diags...)
		if content == nil {
			continue
		}
		b := &buildBlock{at: i.block.DefRange, turn: i.turn}
		b.name = t.textIn(content.Attributes["name"], b.turn)
		t.textIn(content.Attributes["description"], b.turn)
		if attr := content.Attributes["sources"]; attr != nil {
			t.useSources(b, attr)
		}
		missing := content.Attributes["sources"] == nil
		if attr := content.Attributes["use"]; attr != nil {
			t.useLists(b, attr)
		}
		for _, inner := range content.Blocks {
			missing = missing && inner.Type != "source"
			t.readBuildPart(b, inner)
		}
		if missing {
			t.fail(&b.at, "Missing source reference", "A build names what it builds: sources = [\"source.TYPE.NAME\"].")
		}
		t.builds = append(t.builds, b)
		for _, s := range b.provisioners {
			t.checkNames(b, s)
		}
		for _, chain := range b.chains {
			for _, s := range chain {
				t.checkNames(b, s)
			}
		}
	}
}

// checkNames warns of only, except and override with names that no source of
// the build has: they do nothing. After an error a source may only be missing.
func (t *template) checkNames(b *buildBlock, s *stepBlock) {
	if s.listed || t.diags.HasErrors() {
		return
	}
	var names []string
	for _, u := range b.uses {
		names = append(names, u.names()...)
	}
	check := func(argument string, given, names []string) {
		for _, name := range given {
			if !slices.Contains(names, strings.TrimPrefix(name, "source.")) {
				t.warn(s.set[argument].Ptr(), fmt.Sprintf("%s names no source of the build", argument),
					fmt.Sprintf("%q does nothing.%s There are: %s.", name, decode.Suggest(name, names), strings.Join(names, ", ")))
			}
		}
	}
	check("only", s.meta.Only, names)
	check("except", s.meta.Except, names)
	if p := s.meta.provisioner; p != nil {
		for _, u := range b.uses {
			names = unique(append(names, u.name, u.short))
		}
		check("override", slices.Sorted(maps.Keys(p.Override)), names)
	}
}

func (t *template) readBuildPart(b *buildBlock, inner *hcl.Block) {
	switch inner.Type {
	case "source":
		t.useSource(b, inner)
	case "provisioner":
		b.provisioners = append(b.provisioners, t.readStep(inner, &provisionerMeta{}, b.turn))
	case "post-processor":
		b.chains = append(b.chains, []*stepBlock{t.readStep(inner, &postMeta{}, b.turn)})
	case "post-processors":
		content, diags := inner.Body.Content(&hcl.BodySchema{
			Blocks: []hcl.BlockHeaderSchema{{Type: "post-processor", LabelNames: []string{"type"}}},
		})
		t.diags = append(t.diags, diags...)
		var chain []*stepBlock
		if content != nil {
			for _, p := range content.Blocks {
				chain = append(chain, t.readStep(p, &postMeta{}, b.turn))
			}
		}
		b.chains = append(b.chains, chain)
	case "error-cleanup-provisioner":
		s := t.readStep(inner, &provisionerMeta{}, b.turn)
		if b.cleanup != nil {
			t.fail(&inner.DefRange, "Second error-cleanup-provisioner", fmt.Sprintf(
				"A build has one; there is one at %s already.", b.cleanup.at))
			return
		}
		b.cleanup = s
	case "hcp_packer_registry":
		t.ignoreRegistry(inner)
	}
}

// useSources reads the list of sources, each reference at its own place.
func (t *template) useSources(b *buildBlock, attr *hcl.Attribute) {
	exprs, diags := hcl.ExprList(attr.Expr)
	if !diags.HasErrors() {
		for _, expr := range exprs {
			value, diags := t.evaluator(b.turn)(expr)
			t.diags = append(t.diags, diags...)
			t.useValue(b, value, expr.Range())
		}
		return
	}
	value, diags := t.evaluator(b.turn)(attr.Expr)
	t.diags = append(t.diags, diags...)
	if value.IsNull() || !value.IsKnown() {
		t.unread(value, attr.Expr.Range())
		return
	}
	if !value.CanIterateElements() || value.Type().IsObjectType() || value.Type().IsMapType() {
		t.fail(attr.Expr.Range().Ptr(), "Invalid source references", "A list is needed: sources = [\"source.TYPE.NAME\"].")
		return
	}
	for _, v := range value.Elements() {
		t.useValue(b, v, attr.Expr.Range())
	}
}

func (t *template) useValue(b *buildBlock, value cty.Value, at hcl.Range) {
	if !value.IsKnown() {
		t.unread(value, at)
		return
	}
	if value.IsNull() || value.Type() != cty.String {
		t.fail(&at, "Invalid source reference", "A string is needed, of the form \"source.TYPE.NAME\".")
		return
	}
	for _, s := range t.findSources(value.AsString(), at) {
		b.uses = append(b.uses, &use{source: s, name: s.name, short: s.short, at: at})
	}
}

func (t *template) useSource(b *buildBlock, inner *hcl.Block) {
	all := t.findSources(inner.Labels[0], inner.LabelRanges[0])
	if len(all) == 0 {
		return
	}
	content, rest, diags := inner.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "name"}}})
	t.diags = append(t.diags, diags...)
	for _, s := range all {
		short := s.short
		if content.Attributes["name"] != nil {
			short = t.textIn(content.Attributes["name"], b.turn)
		}
		b.uses = append(b.uses, &use{source: s, name: s.turn.join(short), short: short, extra: rest, at: inner.DefRange})
	}
}

// names are what only and except can call the source: with the key of its turn
// or, for all turns, without.
func (u *use) names() []string {
	if u.name == u.short {
		return []string{u.source.kind + "." + u.name}
	}
	return []string{u.source.kind + "." + u.name, u.source.kind + "." + u.short}
}

// text is the value of an optional attribute that takes a string.
func (t *template) text(attr *hcl.Attribute) string { return t.textIn(attr, nil) }

func (t *template) textIn(attr *hcl.Attribute, e *turn) string {
	if attr == nil {
		return ""
	}
	value, diags := t.evaluator(e)(attr.Expr)
	t.diags = append(t.diags, diags...)
	if diags.HasErrors() || !value.IsKnown() || value.IsNull() {
		return ""
	}
	s, err := convert.Convert(value, cty.String)
	if err != nil {
		t.fail(attr.Expr.Range().Ptr(), fmt.Sprintf("Unsuitable value for %q", attr.Name), "A string is needed.")
		return ""
	}
	return s.AsString()
}
