package docgen

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// module reads packages of one Go module without compiling them.
type module struct {
	root, path string
	packages   map[string]*pkg
}

// pkg is the part of a parsed package that options are made of.
type pkg struct {
	path    string
	types   map[string]*ast.TypeSpec
	docs    map[string]string
	funcs   map[string]*ast.FuncDecl
	consts  map[string]ast.Expr
	imports map[string]string // local name to import path, of all files
}

// entry is one line of the component table in main.go.
type entry struct{ name, pkg, fn string }

func openModule(root string) (*module, error) {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, fmt.Errorf("finding the module: %w", err)
	}
	for line := range strings.Lines(string(mod)) {
		if path, ok := strings.CutPrefix(line, "module "); ok {
			return &module{root: root, path: strings.TrimSpace(path), packages: map[string]*pkg{}}, nil
		}
	}
	return nil, fmt.Errorf("finding the module: no module line in %s/go.mod", root)
}

// inside says whether the import path belongs to the module.
func (m *module) inside(path string) bool {
	return path == m.path || strings.HasPrefix(path, m.path+"/")
}

// load parses the package with the import path, without its tests.
func (m *module) load(path string) (*pkg, error) {
	if p := m.packages[path]; p != nil {
		return p, nil
	}
	p := &pkg{
		path: path, types: map[string]*ast.TypeSpec{}, docs: map[string]string{},
		funcs: map[string]*ast.FuncDecl{}, consts: map[string]ast.Expr{}, imports: map[string]string{},
	}
	m.packages[path] = p
	files, err := filepath.Glob(filepath.Join(m.root, strings.TrimPrefix(path, m.path), "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		p.add(f)
	}
	return p, nil
}

func (p *pkg) add(f *ast.File) {
	for _, i := range f.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		name := path[strings.LastIndex(path, "/")+1:]
		if i.Name != nil {
			name = i.Name.Name
		}
		p.imports[name] = path
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				p.funcs[d.Name.Name] = d
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				p.addSpec(d, s)
			}
		}
	}
}

func (p *pkg) addSpec(d *ast.GenDecl, s ast.Spec) {
	switch s := s.(type) {
	case *ast.TypeSpec:
		p.types[s.Name.Name] = s
		doc := s.Doc
		if doc == nil {
			doc = d.Doc
		}
		p.docs[s.Name.Name] = strings.TrimSpace(doc.Text())
	case *ast.ValueSpec:
		for i, name := range s.Names {
			if d.Tok == token.CONST && i < len(s.Values) {
				p.consts[name.Name] = s.Values[i]
			}
		}
	}
}

// table lists the component constructors that main.go names.
func (m *module) table() ([]entry, error) {
	p, err := m.load(m.path)
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, fn := range p.funcs {
		ast.Inspect(fn, func(n ast.Node) bool {
			kv, ok := n.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			key, ok := kv.Key.(*ast.BasicLit)
			if !ok || key.Kind != token.STRING {
				return true
			}
			name, _ := strconv.Unquote(key.Value)
			ast.Inspect(kv.Value, func(n ast.Node) bool {
				if pkg, fn := selector(n); strings.HasPrefix(fn, "New") && m.inside(p.imports[pkg]) {
					all = append(all, entry{name: name, pkg: p.imports[pkg], fn: fn})
				}
				return true
			})
			return false
		})
	}
	return all, nil
}

// selector splits x.Y into its names; both are empty for anything else.
func selector(n ast.Node) (x, y string) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	return id.Name, sel.Sel.Name
}

// structOf finds the struct that a type expression names, through pointers,
// slices and packages of the module, and the package it is declared in.
func (m *module) structOf(p *pkg, expr ast.Expr) (*ast.TypeSpec, *pkg) {
	name := ""
	switch t := expr.(type) {
	case *ast.StarExpr:
		return m.structOf(p, t.X)
	case *ast.ArrayType:
		return m.structOf(p, t.Elt)
	case *ast.Ident:
		name = t.Name
	case *ast.SelectorExpr:
		x, y := selector(t)
		if !m.inside(p.imports[x]) {
			return nil, nil
		}
		other, err := m.load(p.imports[x])
		if err != nil {
			return nil, nil
		}
		p, name = other, y
	default:
		return nil, nil
	}
	spec := p.types[name]
	if spec == nil {
		return nil, nil
	}
	if _, ok := spec.Type.(*ast.StructType); ok {
		return spec, p
	}
	return m.structOf(p, spec.Type)
}

// tagOf splits a field's hcl tag: `hcl:"name,optional"`; ok is false without one.
func tagOf(f *ast.Field) (name, mode string, ok bool) {
	if f.Tag == nil {
		return "", "", false
	}
	raw, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return "", "", false
	}
	value, ok := reflect.StructTag(raw).Lookup("hcl")
	name, mode, _ = strings.Cut(value, ",")
	return name, mode, ok
}
