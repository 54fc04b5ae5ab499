package decode

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

func TestEmptyTextKeepsTheDefault(t *testing.T) {
	o := &options{Text: "kept", Late: "kept"}
	if set, said := run(t, "text = \"\"\nlate = \"\"", o); said != nil || len(set) != 2 {
		t.Fatalf("it set %v and said %q", set, said)
	}
	if o.Text != "kept" || o.Late != "kept" {
		t.Errorf("the texts are %q and %q", o.Text, o.Late)
	}
}

func TestAtBuild(t *testing.T) {
	for text, want := range map[string]bool{
		`vnc = true`:                  true,
		`vnc {}`:                      true,
		`vmc = true`:                  false,
		`text = "soon"`:               true,
		`late = "{{ .X }}"`:           true,
		`late = "{{ nope }}"`:         false,
		`text = "bad"`:                false,
		`text = "{{ .X }}"`:           true,
		`text = "{{ nope }}"`:         false,
		`list = ["{{ .X }}"]`:         true,
		`list = ["{{ .X }}", []]`:     false,
		`map = { a = "{{ .X }}" }`:    true,
		`rules = [{name="{{ .X }}"}]`: true,
	} {
		f, diags := hclsyntax.ParseConfig([]byte(text), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, diags = Component(Source{
			Bodies: []hcl.Body{f.Body}, Files: map[string]*hcl.File{"x.hcl": f},
			Eval: func(e hcl.Expression) (cty.Value, hcl.Diagnostics) { return e.Value(nil) },
		}, &options{})
		if _, got := diags[0].Extra.(AtBuild); got != want {
			t.Errorf("%s: only at build is %v, want %v", text, got, want)
		}
	}
}
