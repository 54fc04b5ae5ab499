package templates

import (
	"context"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/literal"
	"github.com/ovenbird-io/ovenbird/internal/outline"
)

// Console evaluates expressions with the variables, locals and functions of a
// template.
type Console struct {
	Secrets []string // values that must never be shown
	Files   map[string]*hcl.File
	t       *template
}

// OpenConsole reads the template at path; "" is none, for the functions alone.
// A template that cannot be parsed is an error; other faults, such as a
// variable without a value, are returned as well, and the console can be used.
func OpenConsole(ctx context.Context, path string, c Components, o Options) (*Console, hcl.Diagnostics) {
	t, ok := look(ctx, path, c, o, false)
	console := &Console{Files: t.Files}
	if ok {
		console.t = t
		t.Diags = append(t.Diags, t.evaluateLocals()...)
	}
	console.Secrets = t.Scope.Secrets()
	return console, hclfile.Tidy(t.Diags, console.Secrets)
}

// Usable tells whether the template could be parsed.
func (c *Console) Usable() bool { return c.t != nil }

// Evaluate gives the value of one expression as text.
func (c *Console) Evaluate(line string) (string, hcl.Diagnostics) {
	const name = "<console-input>"
	src := []byte(line)
	c.Files[name] = &hcl.File{Bytes: src}
	expr, diags := frugal.Parse(src, name)
	if diags.HasErrors() {
		return "", diags
	}
	value, diags := c.t.Scope.Evaluator(c.t.Scope.Within(nil))(expr)
	if diags.HasErrors() {
		return "", hclfile.Tidy(diags, c.Secrets)
	}
	return literal.Text(value, false), nil
}

// Variables lists the variables and locals with their values.
func (c *Console) Variables() string { return outline.Variables(c.t.Scope) }
