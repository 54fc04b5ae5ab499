package docgen

import (
	"go/ast"
	"go/token"
	"strconv"
	"strings"
	"time"
)

// options lists the options of a struct declared in p. Defaults come from lit,
// a literal written in the package owner; lit may be nil.
func (m *module) options(p *pkg, s *ast.StructType, owner *pkg, lit *ast.CompositeLit) ([]Option, error) {
	var all []Option
	for _, f := range s.Fields.List {
		name, mode, ok := tagOf(f)
		if !ok {
			continue
		}
		value := fieldValue(lit, f)
		if mode == "remain" {
			spec, home := m.structOf(p, f.Type)
			if spec == nil {
				continue // a plain hcl.Body
			}
			inner, from := m.literalOf(owner, value)
			more, err := m.options(home, spec.Type.(*ast.StructType), from, inner)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
			continue
		}
		o := Option{Name: name, Type: m.typeName(p, f.Type), Required: mode == "" || mode == "attr", Doc: fieldDoc(f)}
		switch mode {
		case "block":
			spec, home := m.structOf(p, f.Type)
			if spec == nil {
				continue
			}
			inner, from := m.literalOf(owner, value)
			sub, err := m.options(home, spec.Type.(*ast.StructType), from, inner)
			if err != nil {
				return nil, err
			}
			o.Type, o.Options = "block", sub
			if _, many := f.Type.(*ast.ArrayType); many {
				o.Type = "block, may be repeated"
			}
			if o.Doc == "" {
				o.Doc = home.docs[spec.Name.Name]
			}
		case "label":
			o.Type = "label"
		default:
			o.Default = m.constant(owner, value, o.Type)
		}
		all = append(all, o)
	}
	return all, nil
}

// fieldDoc is the comment above the field, or the one behind it.
func fieldDoc(f *ast.Field) string {
	if text := strings.TrimSpace(f.Doc.Text()); text != "" {
		return text
	}
	return strings.TrimSpace(f.Comment.Text())
}

// fieldValue finds what the literal sets the field to.
func fieldValue(lit *ast.CompositeLit, f *ast.Field) ast.Expr {
	if lit == nil {
		return nil
	}
	name := ""
	if len(f.Names) > 0 {
		name = f.Names[0].Name
	} else { // embedded
		switch t := f.Type.(type) {
		case *ast.Ident:
			name = t.Name
		case *ast.SelectorExpr:
			name = t.Sel.Name
		}
	}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := kv.Key.(*ast.Ident); ok && key.Name == name {
			return kv.Value
		}
	}
	return nil
}

// literal finds the struct literal that a constructor returns, following calls
// to other constructors of the module, and the package it is written in.
func (m *module) literal(p *pkg, fn *ast.FuncDecl) (lit *ast.CompositeLit, owner *pkg) {
	if fn == nil || fn.Body == nil {
		return nil, nil
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CompositeLit); ok && lit == nil {
			if spec, _ := m.structOf(p, c.Type); spec != nil && hasOptions(spec.Type.(*ast.StructType)) {
				lit, owner = c, p
			}
		}
		return lit == nil
	})
	if lit != nil {
		return lit, owner
	}
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && lit == nil {
			lit, owner = m.literalOf(p, call)
		}
		return lit == nil
	})
	return lit, owner
}

// hasOptions says whether any field has an hcl tag.
func hasOptions(s *ast.StructType) bool {
	for _, f := range s.Fields.List {
		if _, _, ok := tagOf(f); ok {
			return true
		}
	}
	return false
}

// literalOf finds the struct literal an expression amounts to: T{...}, &T{...}
// or a call of a function of the module that returns one.
func (m *module) literalOf(p *pkg, expr ast.Expr) (*ast.CompositeLit, *pkg) {
	switch e := expr.(type) {
	case *ast.CompositeLit:
		return e, p
	case *ast.UnaryExpr:
		return m.literalOf(p, e.X)
	case *ast.CallExpr:
		if id, ok := e.Fun.(*ast.Ident); ok {
			return m.literal(p, p.funcs[id.Name])
		}
		if x, y := selector(e.Fun); m.inside(p.imports[x]) {
			if other, err := m.load(p.imports[x]); err == nil {
				return m.literal(other, other.funcs[y])
			}
		}
	}
	return nil, p
}

// typeName says a Go type the way templates do.
func (m *module) typeName(p *pkg, expr ast.Expr) string {
	switch t := expr.(type) {
	case *ast.StarExpr:
		return m.typeName(p, t.X)
	case *ast.ArrayType:
		return "list(" + m.typeName(p, t.Elt) + ")"
	case *ast.MapType:
		return "map(" + m.typeName(p, t.Value) + ")"
	case *ast.SelectorExpr:
		x, y := selector(t)
		if x == "time" && y == "Duration" {
			return "duration"
		}
		if m.inside(p.imports[x]) {
			if other, err := m.load(p.imports[x]); err == nil && other.types[y] != nil {
				return m.typeName(other, other.types[y].Type)
			}
		}
	case *ast.Ident:
		switch {
		case t.Name == "string" || t.Name == "bool":
			return t.Name
		case strings.HasPrefix(t.Name, "int"), strings.HasPrefix(t.Name, "uint"), strings.HasPrefix(t.Name, "float"):
			return "number"
		case p.types[t.Name] != nil:
			return m.typeName(p, p.types[t.Name].Type)
		}
	case *ast.StructType:
		return "object"
	}
	return "any"
}

// constant writes a constant expression as HCL, or "" when it is none.
func (m *module) constant(p *pkg, expr ast.Expr, typ string) string {
	switch e := expr.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			if s == "" {
				return ""
			}
			return strconv.Quote(s)
		}
		return e.Value
	case *ast.Ident:
		if e.Name == "true" || e.Name == "false" {
			return e.Name
		}
		return m.constant(p, p.consts[e.Name], typ)
	case *ast.CompositeLit:
		parts := make([]string, 0, len(e.Elts))
		for _, x := range e.Elts {
			part := m.constant(p, x, "")
			if part == "" {
				return ""
			}
			parts = append(parts, part)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case *ast.CallExpr: // new(true), ptr("x"), Mode(1)
		if len(e.Args) == 1 {
			return m.constant(p, e.Args[0], typ)
		}
	case *ast.ParenExpr:
		return m.constant(p, e.X, typ)
	}
	if d, ok := duration(expr); ok && typ == "duration" {
		return strconv.Quote(short(d))
	}
	return ""
}

// duration evaluates n*time.Unit and time.Unit.
func duration(expr ast.Expr) (time.Duration, bool) {
	units := map[string]time.Duration{"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}
	switch e := expr.(type) {
	case *ast.SelectorExpr:
		_, y := selector(e)
		d, ok := units[y]
		return d, ok
	case *ast.BasicLit:
		n, err := strconv.ParseInt(e.Value, 10, 64)
		return time.Duration(n), err == nil
	case *ast.BinaryExpr:
		x, okX := duration(e.X)
		y, okY := duration(e.Y)
		return x * y, okX && okY && e.Op == token.MUL
	}
	return 0, false
}

// short drops the zero units of a duration: "5m0s" is "5m".
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
