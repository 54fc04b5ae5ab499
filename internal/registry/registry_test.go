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

func TestIgnore(t *testing.T) {
	eval := func(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
		return expr.Value(&hcl.EvalContext{Variables: map[string]cty.Value{"unknown": cty.UnknownVal(cty.String)}})
	}
	for text, want := range map[string]string{
		``:                                    "",
		`bucket_name = "a-1"`:                 "",
		`bucket_name = ""`:                    "",
		`bucket_name = unknown`:               "",
		`bucket_name = null`:                  "",
		`bucket_name = "a_1"`:                 "Invalid bucket_name",
		`bucket_name = "ab"`:                  "Invalid bucket_name",
		`bucket_name = nope`:                  "Unknown variable",
		`description = ["x"]`:                 "Invalid description",
		`channels = ["a"]`:                    "",
		`channels = { a = "b" }`:              "Invalid channels",
		`build_labels = { a = 1 }`:            "",
		`build_labels = ["a"]`:                "Invalid build_labels",
		`labels = {}`:                         "",
		"labels = {}\nbucket_labels = {}":     "Invalid labels",
		`unheard_of = 1`:                      "",
		"bucket_name = \"a_1\"\nchannels = 1": "Invalid bucket_name\nInvalid channels",
	} {
		f, diags := hclsyntax.ParseConfig([]byte(text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		var got []string
		for _, d := range (&Seen{}).Ignore(&hcl.Block{Body: f.Body}, eval) {
			if d.Severity == hcl.DiagError {
				got = append(got, d.Summary)
			}
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestIgnoreSecond(t *testing.T) {
	var seen Seen
	for i, want := range []bool{false, false, true} {
		at := hcl.Range{Filename: "x", Start: hcl.Pos{Line: i / 2}}
		if got := seen.Ignore(&hcl.Block{Body: hcl.EmptyBody(), DefRange: at}, nil).HasErrors(); got != want {
			t.Errorf("%d: got %v, want %v", i, got, want)
		}
	}
}
