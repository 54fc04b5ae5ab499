package hclfile

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestParse(t *testing.T) {
	dir := write(t, map[string]string{"a.hcl": "x = 1\n", "b.json": `{"x": 1}`, "bad.hcl": "x = \n", "bad.json": "{"})
	cases := []struct{ name, fails string }{
		{"a.hcl", ""},
		{"b.json", ""},
		{"bad.hcl", "Invalid expression"},
		{"bad.json", "Missing value"},
		{"none.hcl", "none.hcl cannot be read: no such file or directory."},
	}
	for _, c := range cases {
		f, diags := Parse(filepath.Join(dir, c.name))
		switch {
		case c.fails != "":
			if !strings.Contains(diags.Error(), c.fails) {
				t.Errorf("%s: got %v; want %q", c.name, diags, c.fails)
			}
			if f == nil && c.name != "none.hcl" {
				t.Errorf("%s has no file, so no excerpt", c.name)
			}
		case diags.HasErrors():
			t.Errorf("%s: %v", c.name, diags)
		default:
			attrs, _ := f.Body.JustAttributes()
			if attrs["x"] == nil {
				t.Errorf("%s has no x", c.name)
			}
		}
	}
}

func TestSyntax(t *testing.T) {
	cases := []struct {
		name, text string
		want       []string // line and summary
	}{
		{"x.hcl", "a = 'b'\n", []string{"1 Invalid character"}},
		{"x.hcl", "a 'b' 'c' {}\n", []string{"1 Invalid character"}},
		{"x.hcl", "a = \"b\nc = 1\n", []string{"1 Invalid multi-line string"}},
		{"x.hcl", "a = [1 2]\n", []string{"1 Missing item separator"}},
		{"x.hcl", "a = 1\na = 2\na = 3\n", []string{"2 Attribute redefined", "3 Attribute redefined"}},
		{"x.json", "{\"a\": {\"b\": 1}", []string{"1 Unclosed object"}},
		{"x.json", "1", []string{"1 Root value must be object"}},
	}
	for _, c := range cases {
		dir := write(t, map[string]string{c.name: c.text})
		_, diags := Parse(filepath.Join(dir, c.name))
		var got []string
		for _, d := range diags {
			got = append(got, fmt.Sprintf("%d %s", d.Subject.Start.Line, d.Summary))
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: got %q; want %q", c.text, got, c.want)
		}
	}
}

func TestList(t *testing.T) {
	dir := write(t, map[string]string{"b.pkr.hcl": "", "a.pkr.json": "", "c.oven.hcl": "", "d.hcl": ""})
	if err := os.Mkdir(filepath.Join(dir, "e.pkr.hcl"), 0o755); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, name := range List(dir, ".pkr.hcl", ".oven.hcl", ".pkr.json") {
		got = append(got, filepath.Base(name))
	}
	if want := []string{"b.pkr.hcl", "c.oven.hcl", "a.pkr.json"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q; want %q", got, want)
	}
	if got := List(filepath.Join(dir, "none"), ".hcl"); got != nil {
		t.Errorf("a directory that is not there has %q", got)
	}
}

func at(file string, byte int) *hcl.Range {
	pos := hcl.Pos{Line: 1, Column: byte + 1, Byte: byte}
	return &hcl.Range{Filename: file, Start: pos, End: pos}
}

func TestTidy(t *testing.T) {
	diags := hcl.Diagnostics{
		Error(at("b", 1), "second file", ""),
		Error(at("a", 9), "later", "the value is line two, or line one\nline two, not ab"),
		Warning(nil, "no place", ""),
		Error(at("a", 3), "earlier", ""),
		Error(at("b", 1), "second file", ""),
	}
	diags[1].Expression, diags[1].EvalContext = hcl.StaticExpr(cty.True, *at("a", 9)), &hcl.EvalContext{}
	got := Tidy(diags, []string{"line two", "line one\nline two", "ab"})
	var order []string
	for _, d := range got {
		order = append(order, d.Summary)
	}
	if want := []string{"no place", "earlier", "later", "second file"}; !reflect.DeepEqual(order, want) {
		t.Fatalf("the order is %q; want %q", order, want)
	}
	if want := "the value is <sensitive>, or <sensitive>, not ab"; got[2].Detail != want {
		t.Errorf("the detail is %q; want %q", got[2].Detail, want)
	}
	if got[2].EvalContext != nil || got[2].Expression != nil {
		t.Error("the values of the expression would be shown")
	}
}

func TestLiteral(t *testing.T) {
	for text, want := range map[string]string{`"a"`: "a", `"${x}"`: "", `1`: "", `upper("a")`: "", `null`: ""} {
		expr, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		got, fault := Literal(expr)
		if got != want || (fault == nil) != (want != "") {
			t.Errorf("Literal(%s) = %q, %v; want %q", text, got, fault, want)
		}
	}
}

func TestClashes(t *testing.T) {
	diags := hcl.Diagnostics{
		Duplicate(*at("a", 5), *at("a", 1), "in one file", ""),
		Duplicate(*at("b", 1), *at("a", 1), "in two files", "x is at a."),
		Duplicate(*at("b", 5), *at("a", 5), "in the same two", "y is at a."),
		Error(at("b", 9), "something else", ""),
	}
	Clashes(diags)
	for i, wants := range []bool{false, true, false, false} {
		if got := strings.Contains(diags[i].Detail, "If a and b are two, name one"); got != wants {
			t.Errorf("%s: %q", diags[i].Summary, diags[i].Detail)
		}
	}
}

func TestTidyShowsSome(t *testing.T) {
	var diags hcl.Diagnostics
	for i := range 300 {
		diags = append(diags, Warning(at("a", i), fmt.Sprint("odd ", i), ""), Error(at("a", i), fmt.Sprint("wrong ", i), ""))
	}
	got := Tidy(Tidy(diags, nil), nil)
	if len(got) != maxShown+1 {
		t.Fatalf("%d are shown", len(got))
	}
	last := slices.IndexFunc(got, func(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagWarning })
	if want := "There are 500 more."; got[last].Detail != want {
		t.Errorf("the rest: %q; want %q", got[last].Detail, want)
	}
}
