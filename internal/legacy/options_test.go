package legacy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// option is the HCL of an option of a builder, in one line.
func option(t *testing.T, shapes Shapes, text string) string {
	t.Helper()
	src := fmt.Sprintf(`{"variables": {"v": "1", "empty": "", "w": "{{user %s}}"}, "builders": [{"type": "t", %s}]}`, "`v`", text)
	out, diags := Upgrade("a.json", []byte(src), shapes, false)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if _, diags := hclsyntax.ParseConfig(out, "a.hcl", hcl.InitialPos); diags.HasErrors() {
		t.Fatal(diags)
	}
	_, rest, _ := strings.Cut(string(out), "source \"t\" \"t\" {\n")
	body, _, _ := strings.Cut("\n"+rest, "\n}\n")
	return strings.Join(strings.Fields(body), " ")
}

func TestOptions(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"text", `"text": "a"`, `text = "a"`},
		{"a number for text", `"text": 5.50`, `text = 5.50`},
		{"true for text", `"text": true`, `text = "1"`},
		{"false for text", `"text": false`, `text = "0"`},
		{"null for text", `"text": null`, `text = null`},
		{"another case", `"TEXT": "a"`, `text = "a"`},
		{"a variable", "\"text\": \"{{user `v`}}\"", `text = var.v`},
		{"a derived variable", "\"text\": \"{{user `w`}}\"", `text = local.w`},
		{"a variable for a name", "\"map\": {\"{{user `v`}}\": \"a\"}", `map = { (var.v) = "a" }`},
		{"text for a number", `"number": "5"`, `number = "5"`},
		{"empty text for a number", `"number": ""`, `number = null`},
		{"true in capitals", `"number": "TRUE"`, `number = "true"`},
		{"false in capitals", `"number": "False"`, `number = "false"`},
		{"one letter", `"number": "t"`, `number = "t"`},
		{"a digit", `"number": "1"`, `number = "1"`},
		{"a variable for a number", "\"number\": \"{{user `v`}}\"", `number = var.v`},
		{"an empty variable for a number", "\"number\": \"{{user `empty`}}\"", `number = var.empty != "" ? var.empty : null`},
		{"a variable in a number", "\"number\": \"{{user `empty`}}0\"", `number = "${var.empty}0"`},
		{"a list", `"list": ["a", "b,c"]`, `list = ["a", "b,c"]`},
		{"text for a list", `"list": "a,b"`, `list = ["a", "b"]`},
		{"empty text for a list", `"list": ""`, `list = []`},
		{"a number for a list", `"list": 5`, `list = [5]`},
		{"true for a list", `"list": true`, `list = ["1"]`},
		{"null for a list", `"list": null`, `list = null`},
		{"null in a list", `"list": ["a", null]`, `list = ["a", ""]`},
		{"no members for a list", `"list": {}`, `list = []`},
		{"an object for a list", `"list": {"a": "b"}`, `list = [{ a = "b" }]`},
		{"a variable for a list", "\"list\": \"{{user `v`}}\"", `list = compact(split(",", var.v))`},
		{"text for numbers", `"numbers": "5,6"`, `numbers = ["5", "6"]`},
		{"null in numbers", `"numbers": [null]`, `numbers = [null]`},
		{"text for lists", `"lists": "a,b"`, `lists = [["a"], ["b"]]`},
		{"texts for lists", `"lists": ["-m,5", ["a", "b"]]`, `lists = [["-m", "5"], ["a", "b"]]`},
		{"a map", `"map": {"a": "b", "c d": 5, "e": true, "for": null}`, `map = { a = "b" "c d" = 5 e = "1" "for" = "" }`},
		{"maps for a map", `"map": [{"a": "b"}, {"c": "d"}]`, `map = { a = "b" c = "d" }`},
		{"an empty list for a map", `"map": []`, `map = { }`},
		{"text for a map", `"map": "a"`, `map = "a"`},
		{"a block", `"block": {"text": "a"}`, `block { text = "a" }`},
		{"a block in a list", `"block": [{"text": "a"}]`, `block { text = "a" }`},
		{"null for a block", `"block": null`, ``},
		{"text for a block", `"block": "a"`, `block = "a"`},
		{"blocks", `"blocks": [{"number": ""}, {"number": 1}]`, `blocks { number = null } blocks { number = 1 }`},
		{"one block", `"blocks": {"Number": 1}`, `blocks { number = 1 }`},
		{"text for blocks", `"blocks": "a"`, `blocks = ["a"]`},
		{"what is not known", `"other": {"a": [true, null, "b,c"]}`, `other = { a = [true, null, "b,c"] }`},
		{"objects that are not known", `"other": [{"a": "b"}]`, `other = [{ a = "b" }]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := option(t, shapes, c.in); got != c.want {
				t.Errorf("%s: got %s, want %s", c.in, got, c.want)
			}
		})
	}
}

// TestGuesses has no shapes.
func TestGuesses(t *testing.T) {
	for in, want := range map[string]string{
		`"a": "b,c"`:                     `a = "b,c"`,
		`"a": true`:                      `a = true`,
		`"a": [{"b": "c"}, {"b": [1]}]`:  `a { b = "c" } a { b = [1] }`,
		`"a": [{"b": "c"}, "d"]`:         `a = [{ b = "c" }, "d"]`,
		`"a": {"b": "c"}`:                `a = { b = "c" }`,
		`"a": []`:                        `a = []`,
		`"a": [[{"b": {}}]]`:             `a = [[{ b = { } }]]`,
		`"A": -1.5e3`:                    `A = -1.5e3`,
		"\"a\": {\"{{user `v`}}x\": 1}":  `a = { "${var.v}x" = 1 }`,
		`"a": {"true": 1, "null": null}`: `a = { "true" = 1 "null" = null }`,
	} {
		if got := option(t, nil, in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
