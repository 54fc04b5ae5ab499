package legacy

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/ovenbird-io/ovenbird/internal/given"
)

// loaded is what Load makes of a template with values, and its problems.
func loaded(in string, vars ...string) (string, string) {
	o := Options{Shapes: shapes, Vars: vars}
	c := &converter{shapes: o.Shapes, loading: true}
	c.given = values(vars)
	c.convert("a.json", []byte(in))
	_, diags := Load("a.json", []byte(in), o)
	return strings.Join(strings.Fields(string(hclwrite.Format([]byte(c.out.String())))), " "), problems(diags)
}

// TestGiven looks at what of the HCL depends on values given.
func TestGiven(t *testing.T) {
	const x = "{\"variables\": {\"x\": \"1\", \"y\": \"{{user `x`}}\", \"a.b\": null}, \"builders\": [{\"type\": \"t\", \"text\": \"{{user `x`}}\", \"number\": \"{{user `a.b`}}\"}]}"
	for _, c := range []struct{ name, in, vars, has, hasNot, problems string }{
		{"nothing", x, "", `text = var.x number = var.a_b != "" ? var.a_b : null`, `local "x"`, ""},
		{"text", x, "x=2", `local "x" { expression = "2" }`, `text = var.x`, ""},
		{"text used", x, "x=2", `text = local.x`, `default = "1"`, ""},
		{"text used by a default", x, "x=2", `var.y != null ? var.y : local.x`, "", ""},
		{"the last one", x, "x=2|x=3", `expression = "3"`, `"2"`, ""},
		{"no text", x, "x=", `expression = ""`, "", ""},
		{"what means something to HCL", x, "x=${y}", `expression = "$${y}"`, "", ""},
		{"a template", x, "x={{user `y`}}!|y=2", `expression = "${local.y}!"`, "", ""},
		{"the environment", x, "x={{env `HOME`}}", `variable "env_HOME" { type = string default = env("HOME") }`, "", ""},
		{"the time", x, "x={{timestamp}}", `expression = local.timestamp`, "", ""},
		{"the environment in an option", strings.Replace(x, "user `x`}}\", \"number", "env `X`}}\", \"number", 1), "", "text = \"{{env `X`}}\"", "", ""},
		{"for a default that is a template", x, "y=2", `local "y" { expression = "2" }`, `var.y != null`, ""},
		{"for a required one", x, "a.b=2", `number = local.a_b != "" ? local.a_b : null`, "", ""},
		{"by the name in HCL", x, "a_b=2", `local "a_b" { expression = "2" }`, "", ""},
		{"not needed", x, "z=2", "", `"z"`, "warning: Undeclared variable \"z\""},
		{"not needed, twice", x, "z=2|z=3", "", `"z"`, "warning: Undeclared variable \"z\""},
		{"undeclared", strings.Replace(x, "user `x`}}\", \"number", "user `z`}}\", \"number", 1), "z=2", `text = local.z`, "", ""},
		{"undeclared in a default", strings.Replace(x, "user `x`}}\", \"a.b", "user `z`}}\", \"a.b", 1), "z=2", `var.y : local.z`, "", ""},
		{"undeclared in another", x, "x={{user `z`}}|z={{user `u`}}|u=3", `local "u" { expression = "3" }`, "", ""},
		{"with an unknown name", x, "x={{user `z`}}", "", "", "1,16-19 Undeclared variable"},
		{
			"a secret", strings.Replace(x, "{", "{\"sensitive-variables\": [\"x\", \"z\"], ", 1), "x=2|z={{user `x`}}",
			`local "x" { expression = "2" sensitive = true }`, "", "warning: Undeclared variable \"z\"",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var vars []string
			if c.vars != "" {
				vars = strings.Split(c.vars, "|")
			}
			got, problems := loaded(c.in, vars...)
			if !strings.Contains(got, c.has) || c.hasNot != "" && strings.Contains(got, c.hasNot) {
				t.Errorf("got %s", strings.ReplaceAll(got, " variable", "\nvariable"))
			}
			if problems != c.problems {
				t.Errorf("problems: %s", problems)
			}
		})
	}
}

// TestNames gives all of them to HCL, once each.
func TestNames(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"fit", `{"a": "", "b-c": "", "d_1": ""}`, "a b-c d_1"},
		{"unfit", `{"a.b": "", "my var": "", "1x": "", "": "", "é": ""}`, "a_b my_var _1x _ __"},
		{"alike", `{"a.b": "", "a_b": "", "a b": ""}`, "a_b a_b_ a_b__"},
		{"in another case", `{"a": "", "A": ""}`, "a A"},
		{"a name of ours", "{\"timestamp\": \"{{timestamp}}\", \"env_A\": \"{{env `A`}}{{user `B`}}\", \"B\": \"\"}", "timestamp env_A B env_A_"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, diags := Upgrade("a.json", []byte(`{"variables": `+c.in+`, "builders": [{"type": "t", "a": "{{timestamp}}"}]}`), nil, false)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var names []string
			for _, part := range strings.Split(string(out), "variable \"")[1:] {
				name, _, _ := strings.Cut(part, `"`)
				names = append(names, name)
			}
			if got := strings.Join(names, " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestIdentifier(t *testing.T) {
	for in, want := range map[string]string{
		"a": "a", "a-b_c1": "a-b_c1", "a.b": "a_b", "a  b": "a_b", "1": "_1", "-": "_-", "": "_", "{{user `v`}}": "_user_v_",
	} {
		if got := identifier(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestTime has the same local for the time wherever it is told, and in a default
// one for the variable.
func TestTime(t *testing.T) {
	got, problems := loaded("{\"variables\": {\"timestamp\": \"{{timestamp}}\"}, \"builders\": [{\"type\": \"t\", \"text\": \"{{timestamp}} {{user `timestamp`}} {{isotime}}\"}]}")
	for _, want := range []string{
		`text = "${local.timestamp_} ${local.timestamp} ${legacy_isotime()}"`,
		`var.timestamp != null ? var.timestamp : local.timestamp_`,
		`timestamp_ = rfc3339_parse(legacy_isotime()).unix`,
	} {
		if !strings.Contains(got, want) || problems != "" {
			t.Errorf("no %s in %s, %s", want, got, problems)
		}
	}
	if got, _ := loaded("{\"builders\": [{\"type\": \"t\", \"a\": \"{{timestamp}} {{user `timestamp`}}\"}]}"); !strings.Contains(got, "local.timestamp} ${var.timestamp_}") {
		t.Error(got)
	}
}

func values(vars []string) []given.Value {
	var all []given.Value
	for _, arg := range vars {
		name, text, _ := strings.Cut(arg, "=")
		all = append(all, given.Value{Name: name, Text: text})
	}
	return all
}
