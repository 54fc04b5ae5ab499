package legacy

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// problems are the diagnostics of a template, one a line.
func problems(diags hcl.Diagnostics) string {
	var all []string
	for _, d := range diags {
		text := d.Summary
		if d.Severity == hcl.DiagWarning {
			text = "warning: " + text
		}
		if d.Subject != nil {
			text = strings.TrimPrefix(d.Subject.String(), "a.json:") + " " + text
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

func TestProblems(t *testing.T) {
	const builder = `"builders": [{"type": "t"}]`
	for _, c := range []struct{ name, in, want string }{
		{"nothing wrong", `{` + builder + `}`, ""},
		{"no JSON", `{`, "1,1-2 Unreadable JSON template"},
		{"no object", ` 5`, "1,2-3 Not a template"},
		{"nothing", `{}`, "1,1-2 No builders"},
		{"no builder", `{"builders": []}`, "1,1-2 No builders"},
		{"builders that are no list", `{"builders": "t"}`, `1,14-17 Unsuitable value for "builders"`},
		{"builders that are none", `{"builders": [5, {}, {"type": ""}]}`, "1,15-16 Unsuitable builder\n1,18-19 Missing type\n1,22-23 Missing type"},
		{"a builder twice", `{"builders": [{"type": "t"}, {"type": "u", "name": "t"}]}`, "1,52-55 Duplicate builder"},
		{"a name that is no text", `{"builders": [{"type": "t", "name": 5}]}`, `1,37-38 Unsuitable value for "name"`},
		{"a key that is unknown", `{"x": 5, "_x": 5, ` + builder + `}`, "1,2-5 Unsupported key"},
		{"a key twice", `{"variables": {}, "variables": {}, ` + builder + `}`, "1,19-30 Duplicate key"},
		{"a version that is no text", `{"min_packer_version": 5, ` + builder + `}`, `1,24-25 Unsuitable value for "min_packer_version"`},
		{"a description that is no text", `{"description": [], ` + builder + `}`, `1,17-19 Unsuitable value for "description"`},
		{"a name that is none", `{"builders": [{"type": "t", "a b": 5}]}`, "1,29-34 Unsupported argument"},
		{"a number too large", `{"builders": [{"type": "t", "a": 1e999}]}`, "1,34-39 Unsuitable number"},
		{"a number in a list too large", `{"builders": [{"type": "t", "a": [-1e999]}]}`, "1,35-41 Unsuitable number"},
		{"variables that are none", `{"variables": [], ` + builder + `}`, `1,15-17 Unsuitable value for "variables"`},
		{
			"defaults that are no text", `{"variables": {"a": 5, "b": ["x"], "c": {}}, ` + builder + `}`,
			"1,21-22 Unsuitable variable\n1,29-34 Unsuitable variable\n1,41-43 Unsuitable variable",
		},
		{"a default with an undeclared variable", "{\"variables\": {\"a\": \"{{user `b`}}\"}, " + builder + `}`, "1,21-35 Undeclared variable"},
		{"an option with an undeclared variable", "{\"builders\": [{\"type\": \"t\", \"a\": \"{{user `b`}} {{user `b`}}\"}]}", "1,34-61 warning: Undeclared variable"},
		{"a secret that is none", `{"sensitive-variables": ["a"], ` + builder + `}`, "1,26-29 warning: Undeclared variable"},
		{"secrets that are no list", `{"sensitive-variables": "a", ` + builder + `}`, `1,25-28 Unsuitable value for "sensitive-variables"`},
		{"provisioners that are no list", `{"provisioners": {}, ` + builder + `}`, `1,18-20 Unsuitable value for "provisioners"`},
		{"a provisioner without a type", `{"provisioners": ["p", {}], ` + builder + `}`, "1,19-22 Unsuitable provisioner\n1,24-25 Missing type"},
		{"a cleanup without a type", `{"error-cleanup-provisioner": {}, ` + builder + `}`, "1,31-32 Missing type"},
		{
			"builders that are not there", `{"provisioners": [{"type": "p", "only": ["u", 5], "except": "v", "override": {"w": {}}}], ` + builder + `}`,
			"1,42-45 warning: Unknown builder\n1,47-48 warning: Unknown builder\n1,61-64 warning: Unknown builder\n1,79-82 warning: Unknown builder",
		},
		{"an override that is none", `{"provisioners": [{"type": "p", "override": "t"}], ` + builder + `}`, `1,45-48 Unsuitable value for "override"`},
		{"post-processors that are no list", `{"post-processors": "p", ` + builder + `}`, `1,21-24 Unsuitable value for "post-processors"`},
		{"post-processors that are none", `{"post-processors": [5, [""], [[]]], ` + builder + `}`, "1,22-23 Unsuitable post-processor\n1,32-34 Unsuitable post-processor"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, diags := Upgrade("a.json", []byte(c.in), shapes, false)
			if got := problems(diags); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

// TestSteps looks at the build block alone.
func TestSteps(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"none", ``, ``},
		{"null", `"provisioners": [{"type": "p", "only": null, "except": null}],`, `provisioner "p" { }`},
		{"chosen by one name", `"provisioners": [{"type": "p", "only": "t"}],`, `provisioner "p" { only = ["t.t"] }`},
		{"a name with commas", `"provisioners": [{"type": "p", "except": "b,c"}],`, `provisioner "p" { except = ["t.b,c"] }`},
		{
			"with what all have", `"provisioners": [{"type": "p", "max_retries": 5, "pause_before": "1s", "text": true}],`,
			`provisioner "p" { max_retries = 5 pause_before = "1s" text = "1" }`,
		},
		{
			"an override", `"provisioners": [{"type": "p", "override": {"t": {"LIST": "a,b", "number": "", "other": [1]}, "b,c": {}}}],`,
			`provisioner "p" { override = { t = { list = ["a", "b"] number = null other = [1] } "b,c" = { } } }`,
		},
		{"an override that is no object", `"provisioners": [{"type": "p", "override": {"t": 5}}],`, `provisioner "p" { override = { t = 5 } }`},
		{
			"an override with a block", `"provisioners": [{"type": "p", "override": {"t": {"block": {"text": 1}}}}],`,
			`provisioner "p" { override = { t = { block = { text = 1 } } } }`,
		},
		{"a cleanup", `"error-cleanup-provisioner": {"type": "p"},`, `error-cleanup-provisioner "p" { }`},
		{"post-processors", `"post-processors": ["p", {"type": "q", "list": "a"}],`, `post-processor "p" { } post-processor "q" { list = ["a"] }`},
		{
			"a chain", `"post-processors": [["p", {"type": "q"}], []],`,
			`post-processors { post-processor "p" { } post-processor "q" { } } post-processors { }`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, diags := Upgrade("a.json", []byte(`{`+c.in+` "builders": [{"type": "t"}, {"type": "t", "name": "b,c"}]}`), shapes, false)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			_, rest, _ := strings.Cut(string(out), "name = \"b,c\"\n  }")
			body, _, _ := strings.Cut(rest, "\n}\n")
			if got := strings.Join(strings.Fields(body), " "); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
