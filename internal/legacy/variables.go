package legacy

import (
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/jsontree"
)

// variable is a user variable.
type variable struct {
	name      string // in HCL
	at        hcl.Range
	value     *jsontree.Value // nil when a template uses it without declaring it
	sensitive bool
	derived   bool // from others, so that a local holds its value
}

var (
	unfit   = regexp.MustCompile(`[^A-Za-z0-9_-]+`)
	derived = regexp.MustCompile(`\{\{[^}]*\b(user|timestamp|isotime|strftime|template_dir|pwd|packer_version|uuid|upper|lower|replace_all|split|consul_key|vault|aws_secretsmanager)\b`)
)

// identifier makes a name that HCL takes.
func identifier(s string) string {
	s = unfit.ReplaceAllString(s, "_")
	if !hclsyntax.ValidIdentifier(s) {
		s = "_" + s
	}
	if !hclsyntax.ValidIdentifier(s) {
		s = "x" + s
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
			}
			c.names = append(c.names, v.Name)
			c.variables[v.Name] = &variable{
				name: identifier(v.Name), at: v.At, value: &v.Value,
				derived: derived.MatchString(v.Value.Text),
			}
		}
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

// variable is the HCL for the value of a user variable. One that was not
// declared is empty unless it is given, as Packer has it.
func (c *converter) variable(name string) string {
	v := c.variables[name]
	if v == nil {
		v = &variable{name: identifier(name), at: c.at}
		c.variables[name] = v
		c.names = append(c.names, name)
		if c.where == inOption {
			c.warn(c.at, "Undeclared variable", "There is no variable %q; it is empty unless it is given on the command line.%s",
				name, decode.Suggest(name, c.names[:len(c.names)-1]))
		} else {
			c.fail(c.at, "Undeclared variable", "There is no variable %q.%s", name, decode.Suggest(name, c.names[:len(c.names)-1]))
		}
	}
	if v.derived {
		return "local." + v.name
	}
	return "var." + v.name
}

// environment is the name of a variable that holds one of the environment.
func (c *converter) environment(name string) string {
	if !slices.Contains(c.environments, name) {
		c.environments = append(c.environments, name)
	}
	return c.free("env_" + identifier(name))
}

// timestamp is the name of the local with the time of the run.
func (c *converter) timestamp() string {
	c.stamped = true
	return c.free("timestamp")
}

// free is a name that no variable has.
func (c *converter) free(name string) string {
	for slices.ContainsFunc(c.names, func(n string) bool { return c.variables[n].name == name }) {
		name += "_"
	}
	return name
}

// writeVariables writes all variables: also those found while the rest was
// written, so it comes last.
func (c *converter) writeVariables() {
	declared := slices.Clone(c.names)
	for _, name := range declared {
		c.writeVariable(c.variables[name])
	}
	for _, name := range declared {
		if v := c.variables[name]; v.derived {
			c.writeLocal(v)
		}
	}
	for _, name := range c.environments {
		c.out.WriteString("variable " + quote(c.environment(name)) + " {\n  type = string\n  default = env(" + quote(name) + ")\n}\n\n")
	}
	if c.stamped {
		c.comment("The time of the run, in seconds since 1970.")
		c.out.WriteString("locals {\n  " + c.timestamp() + " = rfc3339_parse(timestamp()).unix\n}\n\n")
	}
}

func (c *converter) writeVariable(v *variable) {
	c.within(v.at, func() {
		c.out.WriteString("variable " + quote(v.name) + " {\n  type = string\n")
		switch {
		case v.value == nil:
			c.out.WriteString("  default = \"\"\n")
		case v.derived:
			c.out.WriteString("  default = null\n")
		case v.value.Kind != jsontree.Null:
			c.where = inDefault
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

// writeLocal writes the value of a variable whose default refers to others, or
// to more than a variable can.
func (c *converter) writeLocal(v *variable) {
	c.where = inLocal
	c.within(v.at, func() {
		c.out.WriteString("local " + quote(v.name) + " {\n  expression = var." + v.name + " != null ? var." + v.name + " : ")
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
	c.fail(m.Value.At, "Unsuitable value for "+strings.ToLower(quote(m.Name)), "It is %s; %s is needed.", m.Value.Kind, want)
	return false
}
