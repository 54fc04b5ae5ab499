package cli

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/pipeline"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

func TestFailures(t *testing.T) {
	at := hcl.Range{Filename: "a.pkr.hcl", Start: hcl.Pos{Line: 2, Column: 3}}
	where := &pipeline.Failure{Range: at, Step: "boot", Err: errors.New("no power"), Hints: []string{"one", "two"}}
	noisy := &pipeline.Failure{Range: at, Step: "seal", Err: errors.New("it broke\nlast words\n"), Hints: []string{"hint"}}
	bad := hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Bad value", Subject: &at}}
	for _, c := range []struct {
		name string
		err  error
		want []string // summary, then detail, separated by |
		line int
	}{
		{"plain", errors.New("oops"), []string{"qemu.a: oops|"}, 0},
		{"with a place and hints", where, []string{"qemu.a: boot: no power|one\ntwo"}, 2},
		{"wrapped", fmt.Errorf("late: %w", where), []string{"qemu.a: late: boot: no power|one\ntwo"}, 2},
		{"several lines", noisy, []string{"qemu.a: seal: it broke|last words\n\nhint"}, 2},
		{"joined", errors.Join(where, errors.Join(noisy)), []string{"qemu.a: boot: no power|one\ntwo", "qemu.a: seal: it broke|last words\n\nhint"}, 2},
		{"diagnostics stay what they are", &pipeline.Failure{Step: "provisioner", Err: bad}, []string{"Bad value|"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			diags := failures("qemu.a", c.err)
			var got []string
			for _, d := range diags {
				got = append(got, d.Summary+"|"+d.Detail)
				line := 0
				if d.Subject != nil {
					line = d.Subject.Start.Line
				}
				if line != c.line {
					t.Errorf("%q points at line %d, want %d", d.Summary, line, c.line)
				}
			}
			if strings.Join(got, "\n--\n") != strings.Join(c.want, "\n--\n") {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestProblem(t *testing.T) {
	const source = "build {\n  provisioner \"shell\" {\n  }\n}\n"
	file, diags := hclsyntax.ParseConfig([]byte(source), "a.pkr.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	at := file.Body.(*hclsyntax.Body).Blocks[0].Body.Blocks[0].DefRange()
	got := problem(map[string]*hcl.File{"a.pkr.hcl": file}, &hcl.Diagnostic{
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
