package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ovenbird-io/ovenbird/internal/caching"
	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/registry"
)

// Build is a build block.
type Build struct {
	Name         string // without the key of its turn
	Turn         *Turn
	At           hcl.Range
	Cache        caching.Options
	Uses         []*Use
	Provisioners []*Step // those of lists first
	Cleanup      *Step   // error-cleanup-provisioner, or nil
	Chains       [][]*Step
	Unsourced    bool // it names no source
	registry     registry.Seen
}

// Use is a source as a build block names it.
type Use struct {
	Source *Source
	Name   string   // the source's, or the one given here; with the key of its turn
	Short  string   // the name without the key
	Extra  hcl.Body // more options, or nil
	At     hcl.Range
}

// BuildSchema is what may stand in a build block.
func BuildSchema() *hcl.BodySchema {
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

// ReadBuilds reads the build blocks. Components need not exist.
func (r *Recipe) ReadBuilds() {
	for _, i := range r.Instances("build") {
		src := decode.Source{Block: i.Block.DefRange, Eval: r.Evaluator(i.Turn), Files: r.Files}
		cache, body, diags := caching.Build(src, i.Body)
		r.Diags = append(r.Diags, diags...)
		content, diags := body.Content(BuildSchema())
		r.Diags = append(r.Diags, diags...)
		if content == nil {
			continue
		}
		b := &Build{At: i.Block.DefRange, Turn: i.Turn, Cache: cache}
		b.Name = r.Text(content.Attributes["name"], b.Turn)
		r.Text(content.Attributes["description"], b.Turn)
		if attr := content.Attributes["sources"]; attr != nil {
			r.useSources(b, attr)
		}
		b.Unsourced = b.Unsourced || content.Attributes["sources"] == nil
		if attr := content.Attributes["use"]; attr != nil {
			r.useLists(b, attr)
		}
		for _, inner := range content.Blocks {
			b.Unsourced = b.Unsourced && inner.Type != "source"
			r.readBuildPart(b, inner)
		}
		if b.Unsourced && !diags.HasErrors() {
			r.Fail(&b.At, "A build without sources", "A build names what it builds: sources = [\"source.TYPE.NAME\"].")
		}
		r.Builds = append(r.Builds, b)
		for _, s := range slices.Concat(append([][]*Step{b.Provisioners}, b.Chains...)...) {
			r.checkNames(b, s)
		}
	}
}

// checkNames warns of only, except and override with names that no source of
// the build has: they do nothing. After an error a source may only be missing.
func (r *Recipe) checkNames(b *Build, s *Step) {
	if s.listed || r.Diags.HasErrors() {
		return
	}
	var names []string
	for _, u := range b.Uses {
		names = append(names, u.names()...)
	}
	check := func(argument string, given, names []string) {
		for _, name := range given {
			if !slices.Contains(names, strings.TrimPrefix(name, "source.")) {
				r.Warn(s.Set[argument].Ptr(), fmt.Sprintf("%s names no source of the build", argument),
					fmt.Sprintf("%q does nothing.%s There are: %s.", name, decode.Suggest(name, names), strings.Join(names, ", ")))
			}
		}
	}
	check("only", s.Meta.Only, names)
	check("except", s.Meta.Except, names)
	if p := s.Meta.Provisioner; p != nil {
		for _, u := range b.Uses {
			names = append(names, u.Name)
			if u.Short != u.Name {
				names = append(names, u.Short)
			}
		}
		check("override", slices.Sorted(maps.Keys(p.Override)), names)
	}
}

func (r *Recipe) readBuildPart(b *Build, inner *hcl.Block) {
	switch inner.Type {
	case "source":
		r.useSource(b, inner)
	case "provisioner":
		b.Provisioners = append(b.Provisioners, r.readStep(inner, &ProvisionerMeta{}, b.Turn))
	case "post-processor":
		b.Chains = append(b.Chains, []*Step{r.readStep(inner, &PostMeta{}, b.Turn)})
	case "post-processors":
		content, diags := inner.Body.Content(&hcl.BodySchema{
			Blocks: []hcl.BlockHeaderSchema{{Type: "post-processor", LabelNames: []string{"type"}}},
		})
		r.Diags = append(r.Diags, diags...)
		var chain []*Step
		if content != nil {
			for _, p := range content.Blocks {
				chain = append(chain, r.readStep(p, &PostMeta{}, b.Turn))
			}
		}
		b.Chains = append(b.Chains, chain)
	case "error-cleanup-provisioner":
		s := r.readStep(inner, &ProvisionerMeta{}, b.Turn)
		if b.Cleanup != nil {
			r.Fail(&inner.DefRange, "Second error-cleanup-provisioner", fmt.Sprintf(
				"A build has one; there is one at %s already.", b.Cleanup.At))
			return
		}
		b.Cleanup = s
	case "hcp_packer_registry":
		r.Diags = append(r.Diags, b.registry.Ignore(inner, r.Evaluator(b.Turn))...)
	}
}

// useSources reads the list of sources, each reference at its own place.
func (r *Recipe) useSources(b *Build, attr *hcl.Attribute) {
	exprs, diags := hcl.ExprList(attr.Expr)
	if !diags.HasErrors() {
		b.Unsourced = len(exprs) == 0
		for _, expr := range exprs {
			value, diags := r.Evaluator(b.Turn)(expr)
			r.Diags = append(r.Diags, diags...)
			r.useValue(b, value, expr.Range())
		}
		return
	}
	value, diags := r.Evaluator(b.Turn)(attr.Expr)
	r.Diags = append(r.Diags, diags...)
	if value.IsNull() || !value.IsKnown() {
		r.unread(value, attr.Expr.Range())
		return
	}
	if !value.CanIterateElements() || value.Type().IsObjectType() || value.Type().IsMapType() {
		r.Fail(attr.Expr.Range().Ptr(), "Invalid source references", "A list is needed: sources = [\"source.TYPE.NAME\"].")
		return
	}
	b.Unsourced = value.LengthInt() == 0
	for _, v := range value.Elements() {
		r.useValue(b, v, attr.Expr.Range())
	}
}

func (r *Recipe) useValue(b *Build, value cty.Value, at hcl.Range) {
	if !value.IsKnown() {
		r.unread(value, at)
		return
	}
	if value.IsNull() || value.Type() != cty.String {
		r.Fail(&at, "Invalid source reference", "A string is needed, of the form \"source.TYPE.NAME\".")
		return
	}
	for _, s := range r.findSources(value.AsString(), at) {
		b.Uses = append(b.Uses, &Use{Source: s, Name: s.Name, Short: s.Short, At: at})
	}
}

func (r *Recipe) useSource(b *Build, inner *hcl.Block) {
	all := r.findSources(inner.Labels[0], inner.LabelRanges[0])
	if len(all) == 0 {
		return
	}
	content, rest, diags := inner.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "name"}}})
	r.Diags = append(r.Diags, diags...)
	for _, s := range all {
		short := s.Short
		if content.Attributes["name"] != nil {
			short = r.Text(content.Attributes["name"], b.Turn)
		}
		b.Uses = append(b.Uses, &Use{Source: s, Name: s.Turn.Join(short), Short: short, Extra: rest, At: inner.DefRange})
	}
}

// names are what only and except can call the source: with the key of its turn
// or, for all turns, without.
func (u *Use) names() []string {
	if u.Name == u.Short {
		return []string{u.Source.Kind + "." + u.Name}
	}
	return []string{u.Source.Kind + "." + u.Name, u.Source.Kind + "." + u.Short}
}

// Text is the value of an optional attribute that takes a string.
func (r *Recipe) Text(attr *hcl.Attribute, e *Turn) string {
	if attr == nil {
		return ""
	}
	value, diags := r.Evaluator(e)(attr.Expr)
	r.Diags = append(r.Diags, diags...)
	if diags.HasErrors() || !value.IsKnown() || value.IsNull() {
		return ""
	}
	s, err := convert.Convert(value, cty.String)
	if err != nil {
		r.Fail(attr.Expr.Range().Ptr(), fmt.Sprintf("Unsuitable value for %q", attr.Name), "A string is needed.")
		return ""
	}
	return s.AsString()
}
