package main

import (
	"go/ast"
	"go/types"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// module is the module whose layout the rules are about.
const module = "github.com/ovenbird-io/ovenbird"

// layer is one step of the import direction: a package may import those of
// higher layers only, and never a component.
type layer int

const (
	top layer = iota // main, tools: may import everything
	cli
	pipeline
	templates
	component // builders/qemu and the like, named in main only
	interfaces
	floor // internal/*
)

// layerOf places a package path, and names the kind of a component.
func layerOf(path string) (layer, string) {
	rel := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
	first, rest, _ := strings.Cut(rel, "/")
	switch {
	case strings.HasPrefix(rel, "internal/cli"):
		return cli, ""
	case strings.HasPrefix(rel, "internal/pipeline"):
		return pipeline, ""
	case first == "internal":
		return floor, ""
	case first == "templates":
		return templates, ""
	case first == "builders" || first == "provisioners" || first == "postprocessors":
		if rest != "" {
			return component, first
		}
		return interfaces, first
	}
	return top, ""
}

// allowed says whether package from may import package to.
func allowed(from, to string) bool {
	if to != module && !strings.HasPrefix(to, module+"/") {
		return true
	}
	here, kind := layerOf(from)
	there, otherKind := layerOf(to)
	switch {
	case here == top:
		return there != component || from == module
	case here == component:
		return there == floor || kind == otherKind
	case there == component:
		return false
	case here == floor || here == interfaces:
		return there == floor
	}
	return there >= here
}

// imports checks the import direction. Tests may import what they like.
func imports() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name: "imports",
		Doc:  "imports point one way: main, cli, pipeline, templates, interfaces, internal",
		Run: func(pass *analysis.Pass) (any, error) {
			for _, f := range pass.Files {
				if strings.HasSuffix(pass.Fset.Position(f.FileStart).Filename, "_test.go") {
					continue
				}
				for _, i := range f.Imports {
					if to, _ := strconv.Unquote(i.Path.Value); !allowed(pass.Pkg.Path(), to) {
						pass.Reportf(i.Pos(), "%s must not import %s: imports point one way (docs/layout.md)", pass.Pkg.Path(), to)
					}
				}
			}
			return nil, nil
		},
	}
}

// calls forbids the terminal outside internal/ui, exits outside main, and
// sleeping where an event can be awaited. Tools and tests are free.
func calls() *analysis.Analyzer {
	return &analysis.Analyzer{
		Name: "calls",
		Doc:  "no fmt.Print outside internal/ui, no os.Exit outside main, no time.Sleep",
		Run: func(pass *analysis.Pass) (any, error) {
			rel := strings.TrimPrefix(strings.TrimPrefix(pass.Pkg.Path(), module), "/")
			if strings.HasPrefix(rel, "tools") || strings.HasPrefix(rel, "acceptance") {
				return nil, nil
			}
			for _, f := range pass.Files {
				name := filepath.Base(pass.Fset.Position(f.FileStart).Filename)
				if strings.HasSuffix(name, "_test.go") || !strings.HasSuffix(name, ".go") {
					continue // a test, or the main that go test generates
				}
				ast.Inspect(f, func(n ast.Node) bool {
					if sel, ok := n.(*ast.SelectorExpr); ok {
						if why := forbidden(pass.TypesInfo.Uses[sel.Sel], rel); why != "" {
							pass.Reportf(sel.Pos(), "%s", why)
						}
					}
					return true
				})
			}
			return nil, nil
		},
	}
}

// forbidden says what is wrong with using the function in a package, or "".
func forbidden(used types.Object, rel string) string {
	fn, ok := used.(*types.Func)
	if !ok {
		return ""
	}
	switch fn.FullName() {
	case "fmt.Print", "fmt.Printf", "fmt.Println":
		if rel != "internal/ui" {
			return fn.FullName() + ": only internal/ui writes to the terminal"
		}
	case "os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln":
		if rel != "" {
			return fn.FullName() + ": only main exits"
		}
	case "time.Sleep":
		return "time.Sleep: await the event instead"
	}
	return ""
}
