// Package legacytext turns the strings of legacy JSON templates, which are Go
// templates, into HCL expressions.
package legacytext

import (
	"regexp"
	"strings"
	"text/template/parse"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// Names gives the HCL for what strings name.
type Names interface {
	// Named is the HCL for a call of user, env or build with a name; false keeps it
	// as it is.
	Named(function, name string) (string, bool)
	// Timestamp is the HCL for the seconds since 1970 when the run started.
	Timestamp() string
}

// Expression is a string as an HCL expression: what the functions of legacy
// templates did, HCL does where it can do the same; the rest stays a Go template,
// which string options are.
func Expression(s string, names Names) string {
	c := &converter{names}
	return join(c.split(s))
}

// converter converts one string.
type converter struct{ Names }

func join(parts []part) string {
	if len(parts) == 1 && parts[0].hcl {
		return parts[0].text
	}
	var out strings.Builder
	out.WriteByte('"')
	for i, p := range parts {
		if p.hcl {
			out.WriteString("${" + p.text + "}")
			continue
		}
		if last := len(p.text) - 1; i+1 < len(parts) && last >= 0 && (p.text[last] == '$' || p.text[last] == '%') {
			out.WriteString(escape(p.text[:last]) + "${" + Quote(p.text[last:]) + "}") // "$${" is a literal "${"
			continue
		}
		out.WriteString(escape(p.text))
	}
	out.WriteByte('"')
	return out.String()
}

// part is a piece of a string: text, or an HCL expression.
type part struct {
	text string
	hcl  bool
}

// split cuts a string at its {{ actions }}.
func (c *converter) split(s string) []part {
	var parts []part
	add := func(text string, hcl bool) {
		if last := len(parts) - 1; last >= 0 && !hcl && !parts[last].hcl {
			parts[last].text += text
		} else if text != "" {
			parts = append(parts, part{text, hcl})
		}
	}
	for {
		before, rest, found := strings.Cut(s, "{{")
		add(before, false)
		if !found {
			return parts
		}
		end := endOfAction(rest)
		if end < 0 {
			add("{{"+rest, false)
			return parts
		}
		action := rest[:end]
		s = rest[end+2:]
		if expr, ok := c.action(action); ok {
			add(expr, true)
			continue
		}
		add("{{", false)
		for i, p := range c.kept(action) {
			add(p, i%2 == 1)
		}
		add("}}", false)
	}
}

// endOfAction finds "}}" outside of strings.
func endOfAction(s string) int {
	var in byte
	for i := 0; i < len(s); i++ {
		switch {
		case in == '"' && s[i] == '\\':
			i++
		case in != 0:
			if s[i] == in {
				in = 0
			}
		case s[i] == '"' || s[i] == '`':
			in = s[i]
		case strings.HasPrefix(s[i:], "}}"):
			return i
		}
	}
	return -1
}

// action is an action as an HCL expression, if there is one.
func (c *converter) action(action string) (string, bool) {
	if strings.HasPrefix(action, "-") || strings.HasSuffix(action, "-") {
		return "", false // it trims the text around it
	}
	functions := map[string]any{}
	for _, word := range words.FindAllString(action, -1) {
		functions[word] = true // any: those that do not exist are told when it is rendered
	}
	trees, err := parse.Parse("x", "{{"+action+"}}", "", "", functions)
	if err != nil || trees["x"] == nil || len(trees["x"].Root.Nodes) != 1 {
		return "", false
	}
	node, ok := trees["x"].Root.Nodes[0].(*parse.ActionNode)
	if !ok || len(node.Pipe.Decl) > 0 {
		return "", false
	}
	if _, named := node.Pipe.Cmds[0].Args[0].(*parse.IdentifierNode); !named && len(node.Pipe.Cmds) == 1 {
		return "", false // a literal {{ perhaps
	}
	return c.pipe(node.Pipe)
}

var words = regexp.MustCompile(`[A-Za-z_]\w*`)

func (c *converter) pipe(p *parse.PipeNode) (string, bool) {
	var piped []string
	for _, cmd := range p.Cmds {
		expr, ok := c.command(cmd, piped)
		if !ok {
			return "", false
		}
		piped = []string{expr}
	}
	return strings.Join(piped, ""), len(piped) == 1
}

func (c *converter) command(cmd *parse.CommandNode, piped []string) (string, bool) {
	var args []string
	for _, node := range cmd.Args {
		switch n := node.(type) {
		case *parse.StringNode:
			args = append(args, Quote(n.Text))
		case *parse.NumberNode:
			args = append(args, n.Text)
		case *parse.PipeNode:
			expr, ok := c.pipe(n)
			if !ok {
				return "", false
			}
			args = append(args, expr)
		case *parse.IdentifierNode:
			if len(args) > 0 {
				return "", false
			}
			args = append(args, n.Ident)
		default:
			return "", false
		}
	}
	if _, named := cmd.Args[0].(*parse.IdentifierNode); !named {
		return args[0], len(args) == 1 && len(piped) == 0
	}
	if len(cmd.Args) == 2 && len(piped) == 0 {
		if s, ok := cmd.Args[1].(*parse.StringNode); ok && (args[0] == "user" || args[0] == "env" || args[0] == "build") {
			return c.Named(args[0], s.Text)
		}
	}
	return c.call(args[0], append(args[1:], piped...))
}

// call is the HCL for a function of legacy templates. Its arguments are HCL.
func (c *converter) call(name string, args []string) (string, bool) {
	call := func(to string, n int, order ...int) (string, bool) {
		if len(args) != n {
			return "", false
		}
		var out []string
		for _, i := range order {
			out = append(out, args[i])
		}
		return to + "(" + strings.Join(out, ", ") + ")", true
	}
	plain := map[string]string{"template_dir": "path.root", "pwd": "path.cwd", "packer_version": "packer.version", "uuid": "uuidv4()"}
	switch name {
	case "template_dir", "pwd", "packer_version", "uuid":
		return plain[name], len(args) == 0
	case "timestamp":
		return c.Timestamp(), len(args) == 0
	case "isotime":
		if len(args) == 0 {
			return "legacy_isotime()", true
		}
		return call("legacy_isotime", 1, 0)
	case "strftime":
		return call("legacy_strftime", 1, 0)
	case "upper", "lower":
		return call(name, 1, 0)
	case "replace_all":
		if len(args) > 0 && strings.HasPrefix(args[0], `"/`) {
			return "", false // a pattern to HCL
		}
		return call("replace", 3, 2, 0, 1)
	case "split":
		if expr, ok := call("split", 3, 1, 0); ok {
			return expr + "[" + args[2] + "]", true
		}
		return "", false
	case "consul_key", "vault", "aws_secretsmanager", "aws_secretsmanager_raw":
		return name + "(" + strings.Join(args, ", ") + ")", len(args) > 0
	}
	return "", false
}

// Quote is a text as an HCL literal.
func Quote(s string) string { return string(hclwrite.TokensForValue(cty.StringVal(s)).Bytes()) }

// escape is Quote without the quotes.
func escape(s string) string {
	q := Quote(s)
	return q[1 : len(q)-1]
}
