package decode

import (
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/dynblock"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

// everyKind has a field of each kind that an option can be.
type everyKind struct {
	Options options `hcl:",remain"`

	Must     string                          `hcl:"must"`
	Wait     *time.Duration                  `hcl:"wait,optional"`
	Waits    []time.Duration                 `hcl:"waits,optional"`
	Tiny     int8                            `hcl:"tiny,optional"`
	Huge     uint64                          `hcl:"huge,optional"`
	Half     float32                         `hcl:"half,optional"`
	Value    cty.Value                       `hcl:"value,optional"`
	Values   map[string]map[string]cty.Value `hcl:"values,optional"`
	Numbers  map[string]int                  `hcl:"numbers,optional"`
	Rule     rule                            `hcl:"rule,optional"`
	Named    *rule                           `hcl:"named,optional"`
	Anything []any                           `hcl:"anything,optional"`
	Part     part                            `hcl:"part,block"`
	Parts    []*part                         `hcl:"parts,block"`
}

func (e *everyKind) Deferred() map[string]string { return e.Options.Deferred() }
func (e *everyKind) Validate() error             { return e.Options.Validate() }
func (e *everyKind) Warnings() []string          { return e.Options.Warnings() }

// FuzzDecode decodes any body into an options struct: it may complain, but not
// panic, and what it complains of has a place and a reason.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`must = "a"`, `list = ["a", 1, null, later]`, `wait = "5m"
waits = ["1h", 2]`, `number = 1e40`, `tiny = -129
huge = 18446744073709551616
half = 1e300`, `value = { a = [1, null, later] }
values = { a = { b = {} } }`, `rule = { from = "1", name = null, x = 1 }
rules = [{}, null]`, `named = {}
anything = [1, 1.5, "a", true, {}, [], null, later]`, `part "l" {
  size = "1"
}
parts "l" {
  size = later
}
seal "x" {
  mode = 1
}
disk {}`, `dynamic "parts" {
  for_each = ["a", "b"]
  labels = [parts.value]
  content { size = parts.key }
}`, `text = "{{ build_name }} {{ .X }}"
late = "{{"`, `vnc = ""
maybe = "yes"
on = 2
pairs = [["a"], "b"]
ports = "22"
map = { a = 1, "b" = [] }
any = { x = [[]] }`, `lst = []`,
		`{"must": "${later}", "part": {"l": {"size": 1}}, "parts": [{"a": {}}, {"b": [{"size": "x"}]}], "any": {"${later}": null}}`,
	} {
		f.Add([]byte(s))
	}
	vars := map[string]cty.Value{
		"later": cty.UnknownVal(cty.String), "any": cty.DynamicVal, "none": cty.NullVal(cty.DynamicPseudoType),
		"texts": cty.SetVal([]cty.Value{cty.StringVal("a"), cty.UnknownVal(cty.String)}),
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		hung := time.AfterFunc(5*time.Minute, func() { panic("it takes too long") })
		defer hung.Stop()
		ctx := &hcl.EvalContext{Variables: vars}
		file, diags := hclsyntax.ParseConfig(text, "x", hcl.InitialPos)
		if len(text) > 0 && text[0] == '{' {
			file, diags = json.Parse(text, "x")
		}
		if diags.HasErrors() {
			return
		}
		var target everyKind
		ranges, diags := Component(Source{
			Bodies: []hcl.Body{dynblock.Expand(file.Body, ctx)}, Files: map[string]*hcl.File{"x": file}, Text: gotmpl.Funcs{BuildName: "b"},
			Eval: func(e hcl.Expression) (cty.Value, hcl.Diagnostics) { return e.Value(ctx) },
		}, &target)
		for _, d := range diags {
			if d.Subject == nil || d.Summary == "" {
				t.Errorf("%s: nobody knows where or what: %v", text, d)
			}
		}
		if _, set := ranges["must"]; !set && !diags.HasErrors() {
			t.Errorf("%s: nobody misses what is required", text)
		}
	})
}
