package registry

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestReferences(t *testing.T) {
	for text, want := range map[string]string{
		`"${packer.iterationID}"`:     "packer.iterationID is not known here",
		"packer.versionFingerprint":   "packer.versionFingerprint is not known here",
		"packer.version":              "",
		"local.iterationID":           "",
		`"${packer.version}-release"`: "",
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var got []string
		for _, d := range Warn(expr.Variables()) {
			got = append(got, d.Summary)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
		value, diags := expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"packer": Values(), "local": Values()}})
		if diags.HasErrors() || (want != "" && value.AsString() != "<unknown>") {
			t.Errorf("%s: got %#v, %v", text, value, diags)
		}
	}
}
