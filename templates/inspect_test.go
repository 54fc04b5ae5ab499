package templates

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// write makes a template in a folder of its own, which becomes the working one.
func write(t *testing.T, text string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.pkr.hcl", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "a.pkr.hcl"
}

// Whole outputs stand beside those of Packer in internal/cli/testdata.
func TestInspect(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"no build", "", "> builds:\n"},
		{"an unset variable", "variable \"x\" {}\n", "\nvar.x: \"<unknown>\"\n"},
		{"what follows from it", "variable \"x\" {}\nlocals {\n  y = \"${var.x}!\"\n}\n", "\nlocal.y: \"<unknown>\"\n"},
		{"a value that is refused", "variable \"x\" {\n  default = 1\n  validation {\n    condition = var.x > 5\n    error_message = \"Too small.\"\n  }\n}\n", "\nvar.x: \"1\"\n"},
		{"a block of data", "data \"nosuch\" \"x\" {}\nlocals {\n  y = data.nosuch.x.z\n}\n", "\nlocal.y: \"<unknown>\"\n"},
		{"a secret", "variable \"x\" {\n  default = 7\n  sensitive = true\n}\n", "\nvar.x: \"<sensitive>\"\n"},
		{"a secret local", "local \"x\" {\n  expression = \"hide\"\n  sensitive = true\n}\n", "\nlocal.x: \"<sensitive>\"\n"},
		{"a component there is not", "build {\n  sources = [\"nosuch.a\"]\n  provisioner \"never\" {}\n}\n", "\n      nosuch.a\n\n    provisioners:\n\n      never\n"},
		{"sources of an expression", "build {\n  sources = [for n in [\"a\", \"b\"] : \"source.fake.${n}\"]\n}\n", "\n      fake.a\n\n      fake.b\n"},
		{"a source in the build", "build {\n  source \"fake.a\" {\n    odd = 1\n  }\n}\n", "\n      fake.a\n"},
		{"no source", "build {}\n", "\n      <no source>\n"},
		{"a build for each of a map", "build {\n  for_each = { b = 1, a = 2 }\n  name = \"n\"\n  description = \"d${each.value}\"\n  sources = [\"fake.${each.key}\"]\n}\n", "\n  > n.a:\n\n  > Description: d2\n\n    sources:\n\n      fake.a\n"},
		{"a list of provisioners", "provisioners \"p\" {\n  provisioner \"shell\" {\n    name = \"s\"\n  }\n}\nbuild {\n  use = [\"p\", \"nosuch\"]\n  provisioner \"own\" {}\n}\n", "\n      shell.s\n      own\n"},
		{"a chain", "build {\n  post-processors {\n    post-processor \"a\" {}\n    post-processor \"b\" {\n      name = \"c\"\n    }\n  }\n}\n", "\n      0:\n        a\n        b.c\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, diags := Inspect(t.Context(), write(t, c.text), components(), Options{})
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if all := got.Variables + "\n" + got.Builds; !strings.Contains(all, c.want) {
				t.Errorf("no %q in:\n%s", c.want, all)
			}
		})
	}
	for name, text := range map[string]string{
		"a file that cannot be parsed": "build {",
		"two of a name":                "variable \"x\" {}\nvariable \"x\" {}\n",
		"an unsuitable value":          "variable \"x\" {\n  type = number\n  default = \"abc\"\n}\n",
		"another version's":            "packer {\n  required_version = \"> 100\"\n}\n",
	} {
		if _, diags := Inspect(t.Context(), write(t, text), components(), Options{}); !diags.HasErrors() {
			t.Errorf("%s is no error", name)
		}
	}
}

func TestConsole(t *testing.T) {
	path := write(t, `
variable "name" {}
variable "pin" {
  default   = "1234"
  sensitive = true
}
locals {
  list = [var.name, 1]
}
`)
	console, diags := OpenConsole(t.Context(), path, components(), Options{Vars: []string{"name=ann"}})
	if diags.HasErrors() || !console.Usable() {
		t.Fatal(diags)
	}
	for _, c := range []struct{ line, want, err string }{
		{`var.name`, "ann", ""},
		{`"${var.name}s"`, "anns", ""},
		{`upper(var.name)`, "ANN", ""},
		{`local.list`, "[\n  \"ann\",\n  1,\n]", ""},
		{`1 +`, "", "Missing expression"},
		{`var.nmae`, "", "Undeclared variable"},
		{`nosuch(1)`, "", "Call to unknown function"},
		{`var.pin + "x"`, "", "Invalid operand"},
	} {
		got, diags := console.Evaluate(c.line)
		err := ""
		if diags.HasErrors() {
			err = diags[0].Summary
		}
		if got != c.want || err != c.err || strings.Contains(fmt.Sprint(diags), "1234") {
			t.Errorf("%s: got %q, %v; want %q, %q", c.line, got, diags, c.want, c.err)
		}
	}
	if got := console.Variables(); !strings.Contains(got, "\nvar.pin: \"<sensitive>\"\n") {
		t.Errorf("got:\n%s", got)
	}
	if len(console.Secrets) != 1 || console.Secrets[0] != "1234" {
		t.Errorf("secrets: %q", console.Secrets)
	}
}

func TestConsoleWithFaults(t *testing.T) {
	console, diags := OpenConsole(t.Context(), write(t, "variable \"x\" {}\n"), components(), Options{})
	if !diags.HasErrors() || !console.Usable() {
		t.Errorf("a variable without a value: %v, usable %t", diags, console.Usable())
	}
	if got, _ := console.Evaluate("[var.x, 1]"); got != "[\n  <unknown>,\n  1,\n]" {
		t.Errorf("got %q", got)
	}
	if console, diags := OpenConsole(t.Context(), write(t, "locals {"), components(), Options{}); !diags.HasErrors() || console.Usable() {
		t.Errorf("a file that cannot be parsed: %v, usable %t", diags, console.Usable())
	}
	console, diags = OpenConsole(t.Context(), "", components(), Options{})
	if got, _ := console.Evaluate("max(1, 2)"); diags.HasErrors() || got != "2" {
		t.Errorf("without a template: got %q, %v", got, diags)
	}
}

func TestRequiredPlugins(t *testing.T) {
	path := write(t, `
packer {
  required_plugins {
    fake   = { source = "github.com/hashicorp/fake", version = ">= 1" }
    amazon = { source = "github.com/hashicorp/amazon", version = "~> 1.2" }
    mine   = { "source" = "github.com/me/shell", "version" = "1.0.0" }
    other  = { source = "github.com/hashicorp/shel", version = ">= 1" }
  }
}
source "nosuch" "x" {
  y = nosuch()
}
`)
	plugins, _, diags := RequiredPlugins(path, components())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var got []string
	for _, p := range plugins {
		got = append(got, fmt.Sprintf("%d %s %s %s: %s", p.Range.Start.Line, p.Name, p.Source, p.Version, strings.Join(p.BuiltIn, ", ")))
	}
	want := `4 fake github.com/hashicorp/fake >= 1: builder fake
5 amazon github.com/hashicorp/amazon ~> 1.2: builder amazon-x
6 mine github.com/me/shell 1.0.0: provisioner shell
7 other github.com/hashicorp/shel >= 1: `
	if all := strings.Join(got, "\n"); all != want {
		t.Errorf("got:\n%s\nwant:\n%s", all, want)
	}
	if _, _, diags := RequiredPlugins(write(t, "packer {\n  required_plugins {\n    a = { source = \"x\" }\n  }\n}\n"), components()); len(diags) != 2 {
		t.Errorf("want an invalid source and a missing version, got %v", diags)
	}
}
