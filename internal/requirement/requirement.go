// Package requirement reads the packer blocks of a template: which version of
// the language and which plugins it asks for.
package requirement

import (
	"fmt"
	"regexp"

	version "github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// Version is the version of Packer whose template language is implemented;
// required_version is checked against it.
const Version = gotmpl.Version

// Plugin is an entry of required_plugins.
type Plugin struct {
	Name            string // the template's for it
	Source, Version string
	Range           hcl.Range
}

// Check checks the packer blocks among the blocks of a template and lists the
// plugins they require, in the order of the files. A template for another
// version of the language gets only that said, and false: everything else may
// follow from it.
func Check(blocks []*hcl.Block) (plugins []Plugin, diags hcl.Diagnostics, ok bool) {
	for _, b := range blocks {
		if b.Type != "packer" {
			continue
		}
		content, more := b.Body.Content(&hcl.BodySchema{
			Attributes: []hcl.AttributeSchema{{Name: "required_version"}},
			Blocks:     []hcl.BlockHeaderSchema{{Type: "required_plugins"}},
		})
		diags = append(diags, more...)
		if content == nil {
			continue
		}
		if attr := content.Attributes["required_version"]; attr != nil {
			if fault := checkVersion(attr); fault != nil {
				return nil, hcl.Diagnostics{fault}, false
			}
		}
		for _, inner := range content.Blocks {
			found, more := readPlugins(inner.Body)
			plugins, diags = append(plugins, found...), append(diags, more...)
		}
	}
	return plugins, diags, true
}

func checkVersion(attr *hcl.Attribute) *hcl.Diagnostic {
	text, fault := hclfile.Literal(attr.Expr)
	if fault != nil {
		return fault
	}
	wanted, err := version.NewConstraint(text)
	if err != nil {
		return hclfile.Error(attr.Expr.Range().Ptr(), "Invalid version constraint", fmt.Sprintf(
			"%q is not a version constraint, such as \">= 1.7.0, < 2.0.0\".", text))
	}
	if !wanted.Check(version.Must(version.NewVersion(Version))) {
		return hclfile.Error(attr.Expr.Range().Ptr(), "Unsupported template version", fmt.Sprintf(
			"The template wants Packer's language %s; this program reads that of version %s.", text, Version))
	}
	return nil
}

// readPlugins checks the form of required_plugins; nothing is installed.
func readPlugins(body hcl.Body) ([]Plugin, hcl.Diagnostics) {
	attrs, diags := body.JustAttributes()
	var all []Plugin
	for _, attr := range hclfile.InOrder(attrs) {
		p, more := readPlugin(attr)
		all, diags = append(all, p), append(diags, more...)
	}
	return all, diags
}

func readPlugin(attr *hcl.Attribute) (Plugin, hcl.Diagnostics) {
	source := regexp.MustCompile(`^[^/\s]+/[^/\s]+/[^/\s]+(/[^/\s]+)*$`)
	p := Plugin{Name: attr.Name, Range: attr.Range}
	pairs, diags := hcl.ExprMap(attr.Expr)
	if diags.HasErrors() {
		return p, diags
	}
	seen := map[string]bool{}
	for _, pair := range pairs {
		key := hcl.ExprAsKeyword(pair.Key)
		if key == "" {
			key, _ = hclfile.Literal(pair.Key)
		}
		text, fault := hclfile.Literal(pair.Value)
		seen[key] = true
		switch {
		case fault != nil:
			diags = append(diags, fault)
		case key == "version":
			p.Version = text
			if _, err := version.NewConstraint(text); err != nil {
				diags = append(diags, hclfile.Error(pair.Value.Range().Ptr(), "Invalid version constraint",
					fmt.Sprintf("%q is not a version constraint, such as \">= 1.0.0\".", text)))
			}
		case key == "source":
			p.Source = text
			if !source.MatchString(text) {
				diags = append(diags, hclfile.Error(pair.Value.Range().Ptr(), "Invalid plugin source",
					fmt.Sprintf("%q is not of the form \"github.com/OWNER/NAME\".", text)))
			}
		default:
			diags = append(diags, hclfile.Error(pair.Key.Range().Ptr(), "Unsupported argument",
				fmt.Sprintf("A required plugin has a source and a version, but no %q.", key)))
		}
	}
	for _, missing := range [][2]string{{"source", "github.com/hashicorp/" + attr.Name}, {"version", ">= 1.0.0"}} {
		if !seen[missing[0]] {
			diags = append(diags, hclfile.Error(&attr.Range, "Missing required argument", fmt.Sprintf(
				"The required plugin %q has no %s; write one such as %s = %q.", attr.Name, missing[0], missing[0], missing[1])))
		}
	}
	return p, diags
}

// Missing warns that the plugin is not built in.
func (p Plugin) Missing() *hcl.Diagnostic {
	return &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Subject: p.Range.Ptr(), Summary: fmt.Sprintf("The plugin %q is not built in", p.Name),
		Detail: "Nothing can be added to Ovenbird, so builds that need it cannot be run. \"ovenbird plugins installed\" lists what there is.",
	}
}
