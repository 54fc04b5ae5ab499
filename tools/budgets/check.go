package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// The budgets, in lines.
const (
	maxFile    = 300
	maxFunc    = 60
	maxPackage = 1000 // without tests
)

// check walks the Go files below root and lists every breach as "file:line: what".
func check(root string) ([]string, error) {
	var found []string
	packages := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go"):
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !strings.HasSuffix(path, "_test.go") {
			packages[filepath.Dir(path)] += bytes.Count(src, []byte("\n"))
		}
		breaches, err := checkFile(path, src)
		found = append(found, breaches...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("checking %s: %w", root, err)
	}
	for dir, n := range packages {
		if n > maxPackage {
			found = append(found, fmt.Sprintf("%s:1: package has %d lines without tests, at most %d; split it by noun", dir, n, maxPackage))
		}
	}
	sort.Strings(found)
	return found, nil
}

func checkFile(path string, src []byte) ([]string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	var found []string
	breach := func(pos token.Pos, format string, args ...any) {
		found = append(found, fmt.Sprintf("%s:%d: ", path, files.Position(pos).Line)+fmt.Sprintf(format, args...))
	}
	if n := bytes.Count(src, []byte("\n")); n > maxFile {
		breach(file.Package, "file has %d lines, at most %d", n, maxFile)
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := files.Position(fn.End()).Line - files.Position(fn.Pos()).Line + 1
		if strings.HasSuffix(path, "_test.go") {
			n -= tables(files, fn)
		}
		if n > maxFunc {
			breach(fn.Pos(), "%s has %d lines, at most %d", fn.Name.Name, n, maxFunc)
		}
		if fn.Recv == nil && fn.Name.Name == "init" {
			breach(fn.Pos(), "no init(): components stand in the table in main.go")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && losesError(call) {
			breach(call.Pos(), "an error formatted with %%v loses its chain; use %%w")
		}
		return true
	})
	return found, nil
}

// tables counts the lines of a test's literals: a table of cases may be long.
func tables(files *token.FileSet, fn *ast.FuncDecl) int {
	lines := 0
	ast.Inspect(fn, func(n ast.Node) bool {
		c, ok := n.(*ast.CompositeLit)
		if ok {
			lines += files.Position(c.End()).Line - files.Position(c.Pos()).Line
		}
		return !ok
	})
	return lines
}

// losesError says whether the call formats a variable called err with %v.
func losesError(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Errorf" || len(call.Args) < 2 {
		return false
	}
	if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "fmt" {
		return false
	}
	format, ok := call.Args[0].(*ast.BasicLit)
	if !ok || !strings.Contains(format.Value, "%v") {
		return false
	}
	last, ok := call.Args[len(call.Args)-1].(*ast.Ident)
	return ok && strings.HasSuffix(strings.ToLower(last.Name), "err")
}
