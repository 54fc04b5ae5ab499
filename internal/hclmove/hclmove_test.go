package hclmove

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

func TestMove(t *testing.T) {
	src := "a = [var.x.y, f(\"z${1}\")]\nb {\n  c = 5\n}\n"
	f, diags := hclsyntax.ParseConfig([]byte(src), "in", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	at := func(line int) hcl.Range {
		return hcl.Range{Filename: "out", Start: hcl.Pos{Line: line}, End: hcl.Pos{Line: line}}
	}
	Move(f.Body, []Span{{5, 12, at(30)}, {0, 25, at(10)}, {32, 37, at(20)}, {0, len(src), at(1)}}, "out")
	body := f.Body.(*hclsyntax.Body)
	a := body.Attributes["a"]
	c := body.Blocks[0].Body.Attributes["c"]
	for what, got := range map[string]struct {
		at   hcl.Range
		want int
	}{
		"a":         {a.SrcRange, 10},
		"var.x.y":   {a.Expr.Variables()[0].SourceRange(), 30},
		"f":         {a.Expr.(*hclsyntax.TupleConsExpr).Exprs[1].Range(), 10},
		"c":         {c.NameRange, 20},
		"5":         {c.Expr.Range(), 20},
		"block":     {body.Blocks[0].DefRange(), 1},
		"after all": {body.EndRange, 1},
	} {
		if got.at.Filename != "out" || got.at.Start.Line != got.want {
			t.Errorf("%s: got %v, want line %d", what, got.at, got.want)
		}
	}
	late := hcl.Diagnostics{{Subject: &hcl.Range{Filename: "in", Start: hcl.Pos{Byte: 900}, End: hcl.Pos{Byte: 901}}}}
	Move(late, nil, "out")
	if s := late[0].Subject; s.Filename != "out" || s.Start != hcl.InitialPos {
		t.Errorf("got %v", s)
	}
}
