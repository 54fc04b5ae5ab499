package literal

import (
	"testing"

	"github.com/zclconf/go-cty/cty"
)

func TestText(t *testing.T) {
	nested := cty.ObjectVal(map[string]cty.Value{
		"b": cty.TupleVal([]cty.Value{cty.True, cty.StringVal("x\n\"é\"")}),
		"a": cty.NumberIntVal(1), "gone": cty.NullVal(cty.String), "d": cty.EmptyObjectVal,
	})
	for _, c := range []struct {
		name  string
		value cty.Value
		want  string
	}{
		{"text stands alone", cty.StringVal("a\n\"b\""), "a\n\"b\""},
		{"no text", cty.StringVal(""), ""},
		{"null", cty.NullVal(cty.String), "null"},
		{"unknown", cty.UnknownVal(cty.Number), "<unknown>"},
		{"true", cty.True, "true"},
		{"whole number", cty.NumberIntVal(1000000), "1000000"},
		{"more digits than a double has", cty.MustParseNumberVal("9007199254740993"), "9007199254740993"},
		{"more than 64 bits", cty.MustParseNumberVal("100000000000000000000"), "1e+20"},
		{"a tenth", cty.MustParseNumberVal("0.10"), "0.1"},
		{"a large fraction", cty.MustParseNumberVal("1234567.5"), "1.2345675e+06"},
		{"empty list", cty.EmptyTupleVal, "[]"},
		{"empty map", cty.MapValEmpty(cty.String), "{}"},
		{"only nulls", cty.ObjectVal(map[string]cty.Value{"a": cty.NullVal(cty.Bool)}), "{}"},
		{"null in a list", cty.TupleVal([]cty.Value{cty.NullVal(cty.Bool)}), "[\n  null,\n]"},
		{"set", cty.SetVal([]cty.Value{cty.StringVal("b"), cty.StringVal("a")}), "[\n  \"a\",\n  \"b\",\n]"},
		{"nested", nested, "{\n  \"a\" = 1\n  \"b\" = [\n    true,\n    \"x\\n\\\"é\\\"\",\n  ]\n  \"d\" = {}\n}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Text(c.value, false); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTextHidden(t *testing.T) {
	for _, c := range []struct {
		name  string
		value cty.Value
		want  string
	}{
		{"text", cty.StringVal("secret"), "<sensitive>"},
		{"number", cty.NumberIntVal(5), "<sensitive>"},
		{"no text is no secret", cty.StringVal(""), ""},
		{"null is no secret", cty.NullVal(cty.String), "null"},
		{
			"values of a map", cty.ObjectVal(map[string]cty.Value{"a": cty.NumberIntVal(1), "b": cty.StringVal("x")}),
			"{\n  \"a\" = \"<sensitive>\"\n  \"b\" = \"<sensitive>\"\n}",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Text(c.value, true); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}
