package jsonmode

import (
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Whole outputs stand beside those of Packer in internal/cli/testdata.
func TestShow(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"nothing", `{}`, "Variables:\n\n  <No variables>\n\nBuilders:\n\n  <No builders>\n\nProvisioners:\n\n  <No provisioners>\n"},
		{"a description", `{"description": "x"}`, "Description:\n\nx\n\nVariables:"},
		{"defaults that are no texts", `{"variables": {"n": 5, "list": [1]}}`, "  list = [1]\n  n    = 5\n"},
		{"a required variable", `{"variables": {"n": null}}`, "Required variables:\n\n  n\n\nOptional"},
		{"a secret", `{"variables": {"n": "hunter2"}, "sensitive-variables": ["n", "other"]}`, "  n = <sensitive>\n"},
		{"builders by name", `{"builders": [{"type": "qemu"}, {"type": "null", "name": "a"}]}`, "  a    (null)\n  qemu\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			read, _, diags := Read("-", strings.NewReader(c.src))
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			var out strings.Builder
			root := ui.New(ui.Options{Stdout: &out})
			root.Hide(read.Secrets()...)
			read.Show(root)
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("no %q in:\n%s", c.want, out.String())
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for _, c := range []struct {
		src, want    string
		line, column int
	}{
		{"", "unexpected end of JSON input", 1, 1},
		{"{\n  \"builders\": [,]\n}", "invalid character ','", 2, 16},
		{"{\n\"variables\": 5}", "variables cannot be of the type number", 2, 14},
		{"[]", "the template cannot be of the type array", 1, 1},
	} {
		_, _, diags := Read("-", strings.NewReader(c.src))
		if len(diags) != 1 || !strings.Contains(diags[0].Detail, c.want) {
			t.Errorf("%q: got %v, want %q", c.src, diags, c.want)
			continue
		}
		if at := diags[0].Subject.Start; at.Line != c.line || at.Column != c.column {
			t.Errorf("%q: at %d,%d, want %d,%d", c.src, at.Line, at.Column, c.line, c.column)
		}
	}
	if _, _, diags := Read("/nowhere/x.json", nil); !diags.HasErrors() {
		t.Error("a file that is not there can be read")
	}
}
