package legacy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/given"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
	"github.com/ovenbird-io/ovenbird/internal/legacytext"
)

// variable is a user variable.
type variable struct {
	name      string // in HCL
	at        hcl.Range
	value     *jsontree.Value // nil when a template uses it without declaring it
	sensitive bool
	derived   bool // from others, so that a local holds its value
	given     bool // value is from outside of the template
	unused    bool // given, but not declared and, so far, not used
}

var (
	unfit   = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
	derived = regexp.MustCompile(`\{\{[^}]*\b(user|timestamp|isotime|strftime|template_dir|pwd|packer_version|uuid|upper|lower|replace_all|split|consul_key|vault|aws_secretsmanager|aws_secretsmanager_raw)\b`)
)

// identifier makes a name that HCL takes.
func identifier(s string) string {
	s = unfit.ReplaceAllString(s, "_")
	if !hclsyntax.ValidIdentifier(s) {
		s = "_" + s
	}
	return s
}

// declare reads the variables before anything refers to them.
func (c *converter) declare(root jsontree.Value) {
	if m := root.Get("variables"); m != nil && c.is(m, jsontree.Object) {
		for i := range m.Value.Members {
			v := &m.Value.Members[i]
			if v.Value.Kind != jsontree.Text && v.Value.Kind != jsontree.Null {
				c.fail(v.Value.At, "Unsuitable variable", "The default of %q is %s; legacy templates have strings, and null for a variable that must be given.",
					v.Name, v.Value.Kind)
				v.Value = jsontree.Value{Kind: jsontree.Text, At: v.Value.At}
			}
			c.add(v.Name, &variable{at: v.At, value: &v.Value, derived: derived.MatchString(v.Value.Text)})
		}
	}
	for _, g := range c.given {
		c.give(g)
	}
	if m := root.Get("sensitive-variables"); m != nil && c.is(m, jsontree.List) {
		for _, item := range m.Value.Items {
			if v := c.variables[item.Text]; v != nil {
				v.sensitive = true
				continue
			}
			c.warn(item.At, "Undeclared variable", "There is no variable %q to be sensitive.%s", item.Text, decode.Suggest(item.Text, c.names))
		}
	}
}

// add adds a variable with a name for HCL that no other has.
func (c *converter) add(name string, v *variable) {
	v.name = c.free(identifier(name))
	c.names = append(c.names, name)
	c.variables[name] = v
}

// give sets a variable: to a template, like a default. One that is not declared
// is good for nothing unless the template uses it all the same.
func (c *converter) give(g given.Value) {
	v := c.variables[g.Name]
	for _, name := range c.names {
		if v == nil && c.variables[name].name == g.Name {
			v = c.variables[name] // the name that messages about HCL have
		}
	}
	if v == nil {
		v = &variable{unused: true}
		c.add(g.Name, v)
	}
	v.value = &jsontree.Value{Kind: jsontree.Text, Text: g.Text, At: v.at}
	v.given, v.derived = true, true
}

// variable is the HCL for the value of a user variable. One that was not
// declared is empty unless it is given, as Packer has it.
func (c *converter) variable(name string) string {
	v := c.variables[name]
	if v == nil {
		v = &variable{at: c.at}
		suggestion := decode.Suggest(name, c.names)
		c.add(name, v)
		if c.where == inOption {
			c.warn(c.at, "Undeclared variable", "There is no variable %q; it is empty unless it is given on the command line.%s", name, suggestion)
		} else {
			c.fail(c.at, "Undeclared variable", "There is no variable %q%s.%s", name, c.outside, suggestion)
		}
	}
	if v.unused {
		v.unused, v.at, v.value.At = false, c.at, c.at
	}
	if v.derived {
		return "local." + v.name
	}
	return "var." + v.name
}

// Named is the HCL for a function whose argument is a name.
func (c *converter) Named(function, name string) (string, bool) {
	switch {
	case function == "user":
		return c.variable(name), true
	case function == "build":
		return "build." + name, hclsyntax.ValidIdentifier(name) && c.where == inOption
	case c.where == inDefault:
		return "env(" + legacytext.Quote(name) + ")", true
	case c.where == inLocal:
		return "var." + c.environment(name), true
	}
	return "", false // legacy templates have it only in variables
}

// Timestamp is the HCL for the time of the run.
func (c *converter) Timestamp() string {
	if c.stamp == "" {
		c.stamp = c.free("timestamp")
	}
	return "local." + c.stamp
}

// environment is the name of a variable that holds one of the environment.
func (c *converter) environment(name string) string {
	if !slices.Contains(c.environments, name) {
		c.environments = append(c.environments, name)
	}
	return c.free("env_" + identifier(name))
}

// free is a name that no variable has.
func (c *converter) free(name string) string {
	for name == c.stamp || slices.ContainsFunc(c.names, func(n string) bool { return c.variables[n].name == name }) {
		name += "_"
	}
	return name
}

// writeVariables writes all variables: also those found while the rest was
// written, so it comes last. Writing one may be the first use of another.
func (c *converter) writeVariables() {
	written := map[string]bool{}
	for before := -1; before < len(written); {
		before = len(written)
		var now []*variable
		for _, name := range slices.Clone(c.names) {
			if v := c.variables[name]; !v.unused && !written[name] {
				written[name], now = true, append(now, v)
				c.writeVariable(v)
			}
		}
		for _, v := range now {
			if v.derived {
				c.writeLocal(v)
			}
		}
	}
	for _, name := range c.environments {
		c.out.WriteString("variable " + legacytext.Quote(c.environment(name)) + " {\n  type = string\n  default = env(" + legacytext.Quote(name) + ")\n}\n\n")
	}
	if c.stamp != "" {
		c.comment("The time of the run, in seconds since 1970.")
		c.out.WriteString("locals {\n  " + c.stamp + " = rfc3339_parse(legacy_isotime()).unix\n}\n\n")
	}
	c.warnUnused()
}

// warnUnused warns of names that are given to a template without them. Packer
// says nothing, though it can only be a mistake on the command line.
func (c *converter) warnUnused() {
	var declared []string
	for _, name := range c.names {
		if v := c.variables[name]; !v.unused {
			declared = append(declared, name)
		}
	}
	for _, g := range c.given {
		v := c.variables[g.Name]
		if v == nil || !v.unused || g.At != nil && !c.warnUndeclared {
			continue
		}
		v.unused = false
		where := "-var " + g.Name
		if g.At != nil {
			where = "This"
		}
		c.diags = append(c.diags, hclfile.Warning(g.At, fmt.Sprintf("Undeclared variable %q", g.Name),
			fmt.Sprintf("%s sets a variable that the template neither declares nor uses.%s", where, decode.Suggest(g.Name, declared))))
	}
}

func (c *converter) writeVariable(v *variable) {
	c.within(v.at, func() {
		c.out.WriteString("variable " + legacytext.Quote(v.name) + " {\n  type = string\n")
		switch {
		case v.given:
			c.out.WriteString("  default = " + legacytext.Quote(v.value.Text) + "\n")
		case v.value == nil:
			c.out.WriteString("  default = \"\"\n")
		case v.derived:
			c.out.WriteString("  default = null\n")
		case v.value.Kind != jsontree.Null:
			c.where, c.outside = inDefault, ""
			c.out.WriteString("  default = ")
			c.scalar(*v.value)
			c.out.WriteString("\n")
		}
		if v.sensitive {
			c.out.WriteString("  sensitive = true\n")
		}
		c.out.WriteString("}\n\n")
	})
}

// writeLocal writes the value of a variable that refers to others, or to more
// than the default of a variable can. What PKR_VAR_ says beats a default, not
// what was given.
func (c *converter) writeLocal(v *variable) {
	c.where, c.outside = inLocal, ""
	if v.given {
		c.outside = "; the value given for " + v.name + " names it"
	}
	c.within(v.at, func() {
		c.out.WriteString("local " + legacytext.Quote(v.name) + " {\n  expression = ")
		if !v.given {
			c.out.WriteString("var." + v.name + " != null ? var." + v.name + " : ")
		}
		c.scalar(*v.value)
		if v.sensitive {
			c.out.WriteString("\n  sensitive = true")
		}
		c.out.WriteString("\n}\n\n")
	})
}

// is complains of a member of another kind.
func (c *converter) is(m *jsontree.Member, want jsontree.Kind) bool {
	if m.Value.Kind == want {
		return true
	}
	c.fail(m.Value.At, "Unsuitable value for "+strings.ToLower(legacytext.Quote(m.Name)), "It is %s; %s is needed.", m.Value.Kind, want)
	return false
}
