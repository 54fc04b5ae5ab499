package legacy

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// FuzzLoad looks for text that cannot be read, or becomes what is no HCL,
// wherever it stands.
func FuzzLoad(f *testing.F) {
	f.Add("{{user `x`}}", "x")
	f.Add("${ %{ $${ {{`{{`}} \" \\", "a.b c")
	f.Add("{{ if (user `a`) }}\x00{{ end", "2")
	f.Add("a,{{split `,` `a,b` 1}},{{isotime | lower}}", "timestamp")
	f.Add("{{- user `env_A` -}},{{env `A`}}", "env_A")
	f.Fuzz(func(t *testing.T, text, name string) {
		src := fmt.Sprintf(`{"variables": {%s: %s, %[3]s: "{{env `+"`A`"+`}}"}, "sensitive-variables": [%[1]s], "builders": [{"type": "t", "name": %[1]s, "list": %[2]s,
			"o": {%[1]s: [%[2]s]}, "number": %[2]s, "map": [{%[2]s: %[2]s}]}], "provisioners": [{"type": "p", "only": %[1]s, "override": {%[1]s: {"list": %[2]s}}}]}`,
			quoteJSON(name), quoteJSON(text), quoteJSON(name+"2"))
		for _, vars := range [][]string{nil, {name + "=" + text, name + "2=" + text}} {
			file, diags := Load("a.json", []byte(src), Options{Shapes: shapes, Vars: vars})
			if file == nil {
				t.Errorf("%s: %s", src, diags)
			}
		}
	})
}

// shapes are options of all forms.
func shapes(Role, string) map[string]decode.Shape {
	return map[string]decode.Shape{
		"text": {Text: true}, "number": {Number: true}, "list": {List: true, Elem: &decode.Shape{Text: true}},
		"numbers": {List: true, Elem: &decode.Shape{Number: true}}, "lists": {List: true, Elem: &decode.Shape{List: true, Elem: &decode.Shape{Text: true}}},
		"map": {Map: true, Elem: &decode.Shape{Text: true}}, "o": {},
		"block": {Block: true, Fields: map[string]decode.Shape{"text": {Text: true}}}, "blocks": {Block: true, List: true, Fields: map[string]decode.Shape{"number": {Number: true}}},
	}
}

func quoteJSON(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
