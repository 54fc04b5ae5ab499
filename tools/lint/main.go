// Command lint is every analyzer of `make lint` in one program: go vet's and
// staticcheck's, errorlint, noctx, and the two below with this module's rules.
// It is a module of its own so that the product's go.mod stays small.
package main

import (
	"go/ast"
	"strings"

	"codeberg.org/polyfloyd/go-errorlint/errorlint"
	"github.com/sonatard/noctx"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/multichecker"
	"honnef.co/go/tools/analysis/lint"
	"honnef.co/go/tools/quickfix"
	"honnef.co/go/tools/simple"
	"honnef.co/go/tools/staticcheck"
	"honnef.co/go/tools/stylecheck"
	"honnef.co/go/tools/unused"
)

func main() {
	all := []*analysis.Analyzer{errorlint.NewAnalyzer(), noctx.Analyzer, imports(), calls(), unused.Analyzer.Analyzer}
	for _, group := range [][]*lint.Analyzer{staticcheck.Analyzers, simple.Analyzers, stylecheck.Analyzers, quickfix.Analyzers} {
		for _, a := range group {
			if wanted(a.Analyzer.Name) {
				all = append(all, a.Analyzer)
			}
		}
	}
	for i, a := range all {
		all[i] = excusable(a)
	}
	multichecker.Main(all...)
}

// wanted leaves out the quick fixes, which are an editor's matter, and the
// style rules on names and comments that initialisms of HCL break.
func wanted(name string) bool {
	switch name {
	case "ST1000", "ST1003", "ST1016", "ST1020", "ST1021", "ST1022":
		return false
	}
	return !strings.HasPrefix(name, "QF")
}

// excusable drops what is reported on a line that ends in "//nolint:NAME".
func excusable(a *analysis.Analyzer) *analysis.Analyzer {
	excused := *a
	excused.Run = func(pass *analysis.Pass) (any, error) {
		inner := *pass
		inner.Report = func(d analysis.Diagnostic) {
			if !hasExcuse(pass, d, a.Name) {
				pass.Report(d)
			}
		}
		return a.Run(&inner)
	}
	return &excused
}

func hasExcuse(pass *analysis.Pass, d analysis.Diagnostic, name string) bool {
	where := pass.Fset.Position(d.Pos)
	for _, f := range pass.Files {
		if pass.Fset.Position(f.FileStart).Filename != where.Filename {
			continue
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if pass.Fset.Position(c.Pos()).Line == where.Line && excuses(c, name) {
					return true
				}
			}
		}
	}
	return false
}

// excuses says whether the comment is "//nolint:a,b" with the analyzer's name,
// or "//nolint:staticcheck" for one of staticcheck's.
func excuses(c *ast.Comment, name string) bool {
	list, ok := strings.CutPrefix(c.Text, "//nolint:")
	if !ok {
		return false
	}
	list, _, _ = strings.Cut(list, " ")
	for _, n := range strings.Split(list, ",") {
		if n == name || n == "staticcheck" && (strings.HasPrefix(name, "SA") || strings.HasPrefix(name, "S1") || strings.HasPrefix(name, "ST")) {
			return true
		}
	}
	return false
}
