package hclfile

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestProblem(t *testing.T) {
	const source = "build {\n  provisioner \"shell\" {\n  }\n}\n"
	file, diags := hclsyntax.ParseConfig([]byte(source), "a.pkr.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	at := file.Body.(*hclsyntax.Body).Blocks[0].Body.Blocks[0].DefRange()
	got := Problem(map[string]*hcl.File{"a.pkr.hcl": file}, &hcl.Diagnostic{
		Severity: hcl.DiagWarning, Summary: "Odd", Detail: "Think again.", Subject: &at,
	}, 0)
	want := ui.Problem{
		Severity: "warning", Summary: "Odd", Detail: "Think again.", File: "a.pkr.hcl", Line: 2, Column: 3,
		Text: "Warning: Odd\n\n  on a.pkr.hcl line 2, in build:\n   2:   provisioner \"shell\" {\n\nThink again.\n\n",
	}
	if got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
