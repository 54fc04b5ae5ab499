// Package outline tells what a template consists of, in the words of Packer's
// inspect.
package outline

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/literal"
	"github.com/ovenbird-io/ovenbird/internal/recipe"
	"github.com/ovenbird-io/ovenbird/internal/scope"
)

// outline is a template being told.
type outline struct{ *recipe.Recipe }

// Variables are the input variables and locals with their values.
func Variables(s *scope.Scope) string {
	var out strings.Builder
	list := func(heading, root string, all []scope.Named) {
		out.WriteString(heading + "\n\n")
		for _, n := range all {
			fmt.Fprintf(&out, "%s.%s: %q\n", root, n.Name, literal.Text(n.Value, n.Sensitive))
		}
	}
	list("> input-variables:", "var", s.ListVariables())
	list("\n> local-variables:", "local", s.ListLocals())
	return out.String()
}

// Builds are the build blocks, as far as they can be read, with the names of
// their sources, provisioners and post-processors. It reads the lists of provisioners.
func Builds(r *recipe.Recipe) string {
	t := outline{r}
	var out strings.Builder
	out.WriteString("> builds:\n")
	t.ReadLists()
	for i, b := range t.Instances("build") {
		// Only the parts that can be read are listed.
		content, _, _ := b.Body.PartialContent(recipe.BuildSchema())
		if content == nil {
			continue
		}
		name := b.Turn.Join(t.Text(content.Attributes["name"], b.Turn))
		if name == "" {
			name = fmt.Sprintf("<unnamed build %d>", i)
		}
		fmt.Fprintf(&out, "\n  > %s:\n", name)
		if about := t.Text(content.Attributes["description"], b.Turn); about != "" {
			fmt.Fprintf(&out, "\n  > Description: %s\n", about)
		}
		t.sourcesText(&out, content, b.Turn)
		t.stepsText(&out, content, b.Turn)
	}
	return out.String()
}

func (t outline) sourcesText(out *strings.Builder, content *hcl.BodyContent, e *recipe.Turn) {
	var names []string
	if attr := content.Attributes["sources"]; attr != nil {
		// One that cannot be evaluated is not listed.
		value, _ := t.Evaluator(e)(attr.Expr)
		if value.IsKnown() && !value.IsNull() && value.CanIterateElements() {
			for _, v := range value.Elements() {
				if v.IsKnown() && !v.IsNull() && v.Type() == cty.String {
					names = append(names, v.AsString())
				}
			}
		}
	}
	for _, b := range content.Blocks.OfType("source") {
		names = append(names, b.Labels[0])
	}
	out.WriteString("\n    sources:\n")
	if len(names) == 0 {
		out.WriteString("\n      <no source>\n")
	}
	for _, name := range names {
		fmt.Fprintf(out, "\n      %s\n", strings.TrimPrefix(name, "source."))
	}
}

func (t outline) stepsText(out *strings.Builder, content *hcl.BodyContent, e *recipe.Turn) {
	out.WriteString("\n    provisioners:\n\n")
	steps := append(t.used(content, e), content.Blocks.OfType("provisioner")...)
	for _, b := range steps {
		fmt.Fprintf(out, "      %s\n", t.stepText(b, e))
	}
	if len(steps) == 0 {
		out.WriteString("      <no provisioner>\n")
	}
	out.WriteString("\n    post-processors:\n")
	chains := 0
	for _, b := range content.Blocks {
		var chain hcl.Blocks
		switch b.Type {
		case "post-processor":
			chain = hcl.Blocks{b}
		case "post-processors":
			if inner, _, _ := b.Body.PartialContent(chainSchema()); inner != nil {
				chain = inner.Blocks
			}
		default:
			continue
		}
		fmt.Fprintf(out, "\n      %d:\n", chains)
		for _, p := range chain {
			fmt.Fprintf(out, "        %s\n", t.stepText(p, e))
		}
		chains++
	}
	if chains == 0 {
		out.WriteString("\n      <no post-processor>\n")
	}
}

func chainSchema() *hcl.BodySchema {
	return &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "post-processor", LabelNames: []string{"type"}}}}
}

// stepText is the type of a provisioner or post-processor, and its name if it
// has one.
func (t outline) stepText(b *hcl.Block, e *recipe.Turn) string {
	content, _, _ := b.Body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "name"}}})
	if content != nil {
		if name := t.Text(content.Attributes["name"], e); name != "" {
			return b.Labels[0] + "." + name
		}
	}
	return b.Labels[0]
}

// used are the steps of the lists that a build uses; unknown ones have none.
func (t outline) used(content *hcl.BodyContent, e *recipe.Turn) hcl.Blocks {
	attr := content.Attributes["use"]
	if attr == nil {
		return nil
	}
	value, _ := t.Evaluator(e)(attr.Expr)
	names := []cty.Value{value}
	if value.IsKnown() && !value.IsNull() && value.CanIterateElements() {
		names = value.AsValueSlice()
	}
	var steps hcl.Blocks
	for _, name := range names {
		if name.IsKnown() && !name.IsNull() && name.Type() == cty.String {
			steps = append(steps, t.Listed(name.AsString())...)
		}
	}
	return steps
}
