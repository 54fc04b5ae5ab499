package legacy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// upgrade gives the HCL of a template whose builder has one option, image.
func upgrade(t *testing.T, image string) string {
	t.Helper()
	src := fmt.Sprintf(`{"variables": {"v": "1", "w": "{{user "+"}}"}, "builders": [{"type": "t", "image": %q}]}`, image)
	src = strings.Replace(src, `"{{user "+"}}"`, "\"{{user `v`}}\"", 1)
	text, diags := Upgrade("a.json", []byte(src), nil, false)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	_, rest, _ := strings.Cut(string(text), "image = ")
	expr, _, _ := strings.Cut(rest, "\n")
	return expr
}

func TestExpression(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                             `"plain"`,
		"":                                  `""`,
		"{{user `v`}}":                      `var.v`,
		"{{ user `w` }}":                    `local.w`,
		"{{user `v`}}{{user `w`}}":          `"${var.v}${local.w}"`,
		"a{{timestamp}}":                    `"a${local.timestamp}"`,
		"{{isotime | clean_resource_name}}": "\"{{`${legacy_isotime()}` | clean_resource_name}}\"",
		"{{ (user `v`) | lower | upper }}":  `upper(lower(var.v))`,
		"{{replace_all `/a/` `b` `c`}}":     "\"{{replace_all `/a/` `b` `c`}}\"",
		"{{uuid}} {{ .Path }}":              `"${uuidv4()} {{ .Path }}"`,
		"{{- user `v` -}}":                  "\"{{- `${var.v}` -}}\"",
		"{{/* note */}}x":                   `"{{/* note */}}x"`,
		"{{if `}}`}}y{{end}}":               "\"{{if `}}`}}y{{end}}\"",
		"{{user `v`":                        "\"{{user `v`\"",
		"$":                                 `"$"`,
		"${{user `v`}}":                     `"${"$"}${var.v}"`,
		"{{$x := user `v`}}{{$x}}":          "\"{{$x := `${var.v}`}}{{$x}}\"",
		"{{env `HOME`}}":                    "\"{{env `HOME`}}\"",
		"{{build `ID`}}{{build `a b`}}":     "\"${build.ID}{{build `a b`}}\"",
		"{{vault `a` `b`}}":                 `vault("a", "b")`,
	} {
		if got := upgrade(t, in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestIs(t *testing.T) {
	for name, want := range map[string]bool{"-": true, "a.json": true, "a.pkr.json": false, "a.pkr.hcl": false, "dir": false} {
		if Is(name) != want {
			t.Errorf("Is(%q) is %t", name, !want)
		}
	}
}

func TestAnnotated(t *testing.T) {
	src := []byte(`{"min_packer_version": "1.0.0", "builders": [{"type": "t", "x": "{{timestamp}}"}]}`)
	with, diags := Upgrade("a.json", src, nil, true)
	without, more := Upgrade("a.json", src, nil, false)
	if len(diags)+len(more) > 0 {
		t.Fatal(diags, more)
	}
	if n := strings.Count(string(with), "# "); n < 3 || strings.Contains(string(without), "# ") {
		t.Errorf("%d comments with annotations; without:\n%s", n, without)
	}
}

func TestReadFromNowhere(t *testing.T) {
	if _, _, diags := Read("nothing.json", nil); !diags.HasErrors() {
		t.Error("a file that is not there is no error")
	}
	name, src, diags := Read("-", strings.NewReader("\xef\xbb\xbf{}"))
	if name != "<stdin>" || string(src) != "{}" || diags.HasErrors() {
		t.Error(name, string(src), diags)
	}
}

// FuzzLoad looks for text that cannot be read, or becomes what is no HCL.
func FuzzLoad(f *testing.F) {
	f.Add("{{user `x`}}", "x")
	f.Add("${ %{ $${ {{`{{`}} \" \\", "a.b c")
	f.Add("{{ if (user `a`) }}\x00{{ end", "2")
	f.Fuzz(func(t *testing.T, text, name string) {
		src := fmt.Sprintf(`{"variables": {%s: %s}, "builders": [{"type": "t", "name": %[1]s, "o": {%[1]s: [%[2]s]}}]}`, quoteJSON(name), quoteJSON(text))
		file, diags := Load("a.json", []byte(src), Options{})
		if file == nil {
			t.Errorf("%s: %s", src, diags)
		}
	})
}

func quoteJSON(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
