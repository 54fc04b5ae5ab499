package input

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/ovenbird-io/ovenbird/internal/functions"
)

// parse reads the one block of a text.
func parse(t *testing.T, text string) *hcl.Block {
	t.Helper()
	f, diags := hclsyntax.ParseConfig([]byte(text), "a.pkr.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	content, diags := f.Body.Content(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "variable", LabelNames: []string{"name"}}}})
	if diags.HasErrors() || len(content.Blocks) != 1 {
		t.Fatal(diags)
	}
	return content.Blocks[0]
}

// problems are the summaries of diagnostics.
func problems(diags hcl.Diagnostics) string {
	var all []string
	for _, d := range diags {
		all = append(all, d.Summary)
	}
	return strings.Join(all, "; ")
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		body, kind string
		value      cty.Value
		problems   string
	}{
		"nothing":            {"", "dynamic", cty.NilVal, ""},
		"a type":             {"type = list(string)", "list of string", cty.NilVal, ""},
		"a default":          {`default = "a"`, "string", cty.StringVal("a"), ""},
		"both":               {"type = string\ndefault = 1", "string", cty.StringVal("1"), ""},
		"a list":             {"default = [1]", "dynamic", cty.TupleVal([]cty.Value{cty.NumberIntVal(1)}), ""},
		"an optional part":   {"type = object({ a = optional(number, 2) })\ndefault = {}", "object", cty.ObjectVal(map[string]cty.Value{"a": cty.NumberIntVal(2)}), ""},
		"another type":       {"type = number\ndefault = \"a\"", "number", cty.UnknownVal(cty.Number), `Unsuitable value for variable "x"`},
		"a type of its own":  {"type = texts", "dynamic", cty.NilVal, "Invalid type specification"},
		"a default with var": {"default = var.y", "dynamic", cty.DynamicVal, "Variables not allowed"},
		"a rule on others":   {"validation {\n condition = var.y == 1\n error_message = \"No.\"\n}", "dynamic", cty.NilVal, "Invalid reference in a validation rule"},
		"a rule on nothing":  {"validation {\n condition = true\n error_message = \"No.\"\n}", "dynamic", cty.NilVal, "Invalid validation rule"},
		"half a sentence":    {"validation {\n condition = var.x == 1\n error_message = \"no\"\n}", "dynamic", cty.NilVal, "Invalid validation message"},
		"two problems":       {"default = var.y\ntype = texts", "dynamic", cty.DynamicVal, "Invalid type specification; Variables not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			v, diags := Read(parse(t, "variable \"x\" {\n"+c.body+"\n}"))
			if got := problems(diags); got != c.problems {
				t.Errorf("got %q", got)
			}
			if v.Name != "x" || v.Kind.FriendlyName() != c.kind {
				t.Errorf("got %s, %s", v.Name, v.Kind.FriendlyName())
			}
			if !reflect.DeepEqual(v.Value, c.value) && (v.Value.Type() == cty.NilType || !v.Value.RawEquals(c.value)) {
				t.Errorf("got %#v", v.Value)
			}
			if wrong := diags.HasErrors() && !strings.Contains(c.problems, "validation"); v.Invalid != wrong {
				t.Errorf("invalid: %v", v.Invalid)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	const rule = "validation {\n condition = length(var.x) > 2\n error_message = \"Three are needed.\"\n}"
	for name, c := range map[string]struct {
		body, value, problems string
	}{
		"good":        {rule, "abc", ""},
		"bad":         {rule, "ab", `Invalid value for variable "x"`},
		"two rules":   {rule + "\n" + rule, "ab", `Invalid value for variable "x"; Invalid value for variable "x"`},
		"no yes":      {"validation {\n condition = [var.x]\n error_message = \"No.\"\n}", "a", "Invalid validation rule"},
		"it fails":    {"validation {\n condition = regex(\"b\", var.x) == \"b\"\n error_message = \"No.\"\n}", "a", "Error in function call"},
		"without one": {"", "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			v, diags := Read(parse(t, "variable \"x\" {\n"+c.body+"\n}"))
			diags = append(diags, v.Set(cty.StringVal(c.value), nil, "It")...)
			diags = append(diags, v.Check(functions.Table(".", time.Now(), nil))...)
			if got := problems(diags); got != c.problems {
				t.Errorf("got %q", got)
			}
		})
	}
}
