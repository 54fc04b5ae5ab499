package recipe

import (
	"fmt"
	"regexp"

	version "github.com/hashicorp/go-version"
	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// CheckPacker checks the packer blocks. A template for another version of the
// language gets only that said, and false: everything else may follow from it.
func (r *Recipe) CheckPacker() bool {
	var diags hcl.Diagnostics
	for _, b := range r.Blocks {
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
			if fault := r.requireVersion(attr); fault != nil {
				r.Diags = hcl.Diagnostics{fault}
				return false
			}
		}
		for _, plugins := range content.Blocks {
			diags = append(diags, checkPlugins(plugins.Body)...)
		}
	}
	r.Diags = append(r.Diags, diags...)
	return true
}

func (r *Recipe) requireVersion(attr *hcl.Attribute) *hcl.Diagnostic {
	text, fault := hclfile.Literal(attr.Expr)
	if fault != nil {
		return fault
	}
	wanted, err := version.NewConstraint(text)
	if err != nil {
		return hclfile.Error(attr.Expr.Range().Ptr(), "Invalid version constraint", fmt.Sprintf(
			"%q is not a version constraint, such as \">= 1.7.0, < 2.0.0\".", text))
	}
	if !wanted.Check(version.Must(version.NewVersion(LanguageVersion))) {
		return hclfile.Error(attr.Expr.Range().Ptr(), "Unsupported template version", fmt.Sprintf(
			"The template wants Packer's language %s; this program reads that of version %s.", text, LanguageVersion))
	}
	return nil
}

// checkPlugins checks the form of required_plugins; everything is built in, so
// nothing is installed.
func checkPlugins(body hcl.Body) hcl.Diagnostics {
	attrs, diags := body.JustAttributes()
	source := regexp.MustCompile(`^[^/\s]+/[^/\s]+/[^/\s]+(/[^/\s]+)*$`)
	for _, attr := range attrs {
		pairs, more := hcl.ExprMap(attr.Expr)
		diags = append(diags, more...)
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
				if _, err := version.NewConstraint(text); err != nil {
					diags = append(diags, hclfile.Error(pair.Value.Range().Ptr(), "Invalid version constraint",
						fmt.Sprintf("%q is not a version constraint, such as \">= 1.0.0\".", text)))
				}
			case key == "source":
				if !source.MatchString(text) {
					diags = append(diags, hclfile.Error(pair.Value.Range().Ptr(), "Invalid plugin source",
						fmt.Sprintf("%q is not of the form \"github.com/OWNER/NAME\".", text)))
				}
			default:
				diags = append(diags, hclfile.Error(pair.Key.Range().Ptr(), "Unsupported argument",
					fmt.Sprintf("A required plugin has a source and a version, but no %q.", key)))
			}
		}
		for _, key := range []string{"source", "version"} {
			if !more.HasErrors() && !seen[key] {
				diags = append(diags, hclfile.Error(&attr.Range, "Missing required argument",
					fmt.Sprintf("The required plugin %q has no %s.", attr.Name, key)))
			}
		}
	}
	return diags
}
