package frugal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// little is a budget that is soon used up.
func little() *Budget {
	b := New()
	b.work.Store(maxWork / 20)
	return b
}

// context has a list of a thousand, a text of a MiB, and a few functions.
func context(within bool) *hcl.EvalContext {
	many := make([]cty.Value, 1000)
	for i := range many {
		many[i] = cty.NumberIntVal(int64(i))
	}
	vars := map[string]cty.Value{
		"many": cty.ListVal(many), "text": cty.StringVal(strings.Repeat("x", 1<<20)), "later": cty.DynamicVal,
		"a": cty.ObjectVal(map[string]cty.Value{"b": cty.StringVal("c")}), "tuple": cty.TupleVal(many), "few": cty.ListVal(many[:9]),
	}
	functions := map[string]function.Function{"length": stdlib.LengthFunc, "bcrypt": stdlib.UpperFunc, "pow": stdlib.PowFunc, "jsondecode": stdlib.JSONDecodeFunc, "concat": stdlib.ConcatFunc}
	if within {
		return Within(nil, vars, functions)
	}
	return &hcl.EvalContext{Variables: vars, Functions: functions}
}

func expressions() map[string]string { // what each complains of; "" is nothing
	texts := strings.Repeat("${text}", 130)
	return map[string]string{
		`[for x in many: x]`:                                   "",
		`[for x in many: a.b]`:                                 "",
		`{for i, x in many: i => x}`:                           "",
		`a.b == "c" ? many : []`:                               "",
		`length([for x in few: length(many)])`:                 "",
		`[for x in many: [for y in many: [for z in many: z]]]`: "Too much to evaluate",
		`{for x in many: x => length([for y in many: length([for z in many: z])])}`:         "Too much to evaluate",
		`[for x in many: x if length([for y in many: length([for z in many: z])]) > 0]`:     "Too much to evaluate",
		`"%{for x in many}%{for y in many}%{for z in many}%{endfor}%{endfor}%{endfor}"`:     "Too much to evaluate",
		`[for x in many: [for y in many: length(many)]]`:                                    "Too much to evaluate",
		`[for x in many: length(concat([tuple], [tuple, [for y in many: length(tuple)]]))]`: "Too much to evaluate",
		`[for x in many: bcrypt("a")]`:                                                      "Too much to evaluate",
		`"` + texts + `"`:                                                                   "Too much to evaluate",
		`[for x in many: "${text}"]`:                                                        "Too much to evaluate",
		`1e99999999`:                                                                        "Number out of range",
		`1e-99999999`:                                                                       "Number out of range",
		`-"1e99999999"`:                                                                     "Number out of range",
		`"1e9000000" * 1`:                                                                   "Number out of range",
		`[jsondecode("1e9000000")]`:                                                         "Number out of range",
	}
}

func TestExpression(t *testing.T) {
	for text, want := range expressions() {
		e, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, diags = Expression(e, little()).Value(context(false))
		complains(t, text, diags, want)
	}
}

// TestWithin: the budget of the context counts, not the spare one.
func TestWithin(t *testing.T) {
	e, diags := Parse([]byte(`[for x in many: [for y in many: x]]`), "x")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	ctx := context(true)
	_, diags = e.Value(ctx)
	complains(t, "a lot", diags, "Too much to evaluate")
	_, diags = e.Value(ctx.NewChild())
	complains(t, "in a context within", diags, "Too much to evaluate")
	if e, diags = Parse([]byte(`[for x in many: x]`), "x"); diags.HasErrors() {
		t.Fatal(diags)
	}
	_, diags = e.Value(context(true))
	complains(t, "in another", diags, "")
}

func TestJSON(t *testing.T) {
	for text, want := range expressions() {
		f, diags := json.Parse(fmt.Appendf(nil, `{"b": {"x": {"k": [%q, 1, null, true]}}}`, "${"+text+"}"), "x.json")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		body := Body(f.Body, little())
		content, rest, diags := body.PartialContent(&hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{{Type: "b"}}})
		if _, more := rest.JustAttributes(); diags.HasErrors() || more.HasErrors() {
			t.Fatal(diags, more)
		}
		attrs, _ := content.Blocks[0].Body.JustAttributes()
		_, diags = attrs["x"].Expr.Value(context(false))
		complains(t, text, diags, want)
	}
}

func complains(t *testing.T, text string, diags hcl.Diagnostics, want string) {
	t.Helper()
	got := ""
	if diags.HasErrors() {
		got = diags[0].Summary
	}
	if len(text) > 80 {
		text = text[:80]
	}
	if got != want {
		t.Errorf("%s: %v; want %q", text, diags, want)
	}
}

// TestTransparent: what is counted says the same and names the same.
func TestTransparent(t *testing.T) {
	for _, text := range []string{
		`length(many)`, `"${a.b}-${length(many)}"`, `a["b"]`, `a.b`, `many[*]`, `{a = a.b, (a.b) = 1, "x${a.b}" = later}`, `[a.b, later]`,
		`length(many) > 1 ? a.b : later`, `!(length(many) == 2)`, `-(1 + 2)`, `[for x in many: x if x < 3]`, `{for x in many: "k" => x...}`,
		`"%{if length(many) > 0}y%{else}${a.b}%{endif}"`, `later.x`, `nothing.y`, `length(1)`, `none()`,
	} {
		plain, diags := hclsyntax.ParseExpression([]byte(text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		counted, diags := Parse([]byte(text), "x")
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		want, wantDiags := plain.Value(context(true))
		got, gotDiags := counted.Value(context(true))
		if !got.RawEquals(want) || fmt.Sprint(gotDiags) != fmt.Sprint(wantDiags) {
			t.Errorf("%s: %#v %v; want %#v %v", text, got, gotDiags, want, wantDiags)
		}
		if got, want := fmt.Sprint(counted.Variables()), fmt.Sprint(plain.Variables()); len(got) != len(want) {
			t.Errorf("%s names %s; want %s", text, got, want)
		}
	}
}

func TestSyntaxIsSeen(t *testing.T) {
	e, diags := Parse([]byte(`f(string, [a, b])`), "x")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	call, diags := hcl.ExprCall(e)
	if diags.HasErrors() || hcl.ExprAsKeyword(call.Arguments[0]) != "string" {
		t.Error(call, diags)
	}
	if all, diags := hcl.ExprList(call.Arguments[1]); len(all) != 2 {
		t.Error(all, diags)
	}
}

func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string
	}{
		{"few", `for_each = [1, 2]`, ""},
		{"not known", `for_each = later`, ""},
		{"too many", `for_each = concat(many, many, many, many, many, many)`, "Too many blocks"},
		{"null", `for_each = null`, ""},
	} {
		f, diags := hclsyntax.ParseConfig([]byte(c.text), "x", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		attrs, _ := Body(f.Body, New()).JustAttributes()
		_, diags = attrs["for_each"].Expr.Value(context(true))
		complains(t, c.name, diags, c.want)
	}
}

func TestDepth(t *testing.T) {
	repeat := strings.Repeat
	for _, c := range []struct {
		name, text string
		deep       bool
	}{
		{"parentheses", "a = " + repeat("(", 600) + "1" + repeat(")", 600), true},
		{"never closed", "a = " + repeat("[", 600), true},
		{"blocks", repeat("a {\n", 600), true},
		{"texts in texts", "a = " + repeat(`"${`, 600), true},
		{"a chain", "a = " + repeat("!", 6000) + "true", true},
		{"conditions", "a = " + repeat("true ? 1 : ", 6000) + "1", true},
		{"directives", `a = "` + repeat("%{if true}", 6000) + `"`, true},
		{"across lines", "a = (" + repeat("1 +\n", 6000) + "1)", true},
		{"indices", "a = b" + repeat("[0]", 6000), true},
		{"a text of many lines", "a = <<E\n" + repeat("x\n", 60_000) + "E\n", true},
		{"many of everything", repeat("a = [1, (2 + 3) * 4, !true, \"${b}\", c.d[0]]\n", 6000), false},
		{"a long list", "a = [" + repeat("-1,\n", 6000) + "]", false},
		{"a long object", "a = {\n" + repeat("b = -1\n", 6000) + "}", false},
		{"a long text", "a = <<E\n" + repeat("[[[(((${b}\n", 6000) + "E\n", false},
	} {
		if diags := Config([]byte(c.text), "x"); diags.HasErrors() != c.deep {
			t.Errorf("%s: %v; want an error: %t", c.name, diags, c.deep)
		}
	}
}

func TestDepthOfJSON(t *testing.T) {
	repeat := strings.Repeat
	for _, c := range []struct {
		name, text string
		deep       bool
	}{
		{"arrays", repeat("[", 600), true},
		{"objects", repeat("{\"a\":\n", 600), true},
		{"an expression", `{"a": "${` + repeat("(", 600) + `"}`, true},
		{"a type", `{"a": "` + repeat("list(", 600) + `"}`, true},
		{"a text", `{"a": "\"` + repeat("x[", 600) + `"}`, false},
		{"a long list", "[" + repeat("[],\n", 600) + "1]", false},
		{"no end", `{"a": "\`, false},
	} {
		if diags := JSON([]byte(c.text), "x"); diags.HasErrors() != c.deep {
			t.Errorf("%s: %v; want an error: %t", c.name, diags, c.deep)
		}
	}
}

func TestConvert(t *testing.T) {
	many := make([]cty.Value, 100_000)
	for i := range many {
		many[i] = cty.NumberIntVal(int64(i))
	}
	for _, c := range []struct {
		name string
		from cty.Value
		to   cty.Type
		want string
	}{
		{"a number", cty.StringVal("1"), cty.Number, ""},
		{"no number", cty.StringVal("a"), cty.Number, "a number is required"},
		{"very many digits", cty.StringVal("1e99999999"), cty.Number, "it has a number of more than 6000 digits"},
		{"very many digits as text", cty.MustParseNumberVal("1e99999999"), cty.String, "it has a number of more than 6000 digits"},
		{"very many elements", cty.TupleVal(many), cty.List(cty.String), "it has too many elements, or too much text"},
		{"null", cty.NullVal(cty.DynamicPseudoType), cty.Number, ""},
	} {
		_, err := Convert(c.from, c.to)
		if got := fmt.Sprint(err); got != c.want && (err != nil || c.want != "") {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}
