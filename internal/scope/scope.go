// Package scope holds what the expressions of a template can refer to: its
// variables and locals, the functions, and the names that go with a block.
package scope

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/functions"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
	"github.com/ovenbird-io/ovenbird/internal/input"
	"github.com/ovenbird-io/ovenbird/internal/literal"
	"github.com/ovenbird-io/ovenbird/internal/registry"
)

// Scope is filled step by step: Declare for each block, then SetVariables, then
// EvaluateLocals; after that its expressions can be evaluated, also by several
// goroutines.
type Scope struct {
	root      string
	files     map[string]*hcl.File
	functions map[string]function.Function
	base      *hcl.EvalContext // var, local, path, packer
	variables map[string]*input.Variable
	locals    map[string]*local
	data      map[string]*datum // by "kind.name"
	sources   Sources
	start     time.Time
	known     map[string][]string
	vault     functions.Secrets
	mu        sync.Mutex // guards secrets
	secrets   []string
	diags     hcl.Diagnostics
}

// New makes the scope of the template in the directory root, for a run that
// began at start. Files it reads are added to files.
func New(root string, start time.Time, files map[string]*hcl.File) *Scope {
	s := &Scope{
		root: root, files: files,
		variables: map[string]*input.Variable{}, locals: map[string]*local{}, data: map[string]*datum{}, start: start, known: map[string][]string{},
	}
	s.functions = functions.Table(root, start, &s.vault)
	return s
}

// Know says which names there are below root, so that others are reported with
// a suggestion: for root "build", build.X.
func (s *Scope) Know(root string, names []string) { s.known[root] = names }

// Declare reads a block that declares variables, locals or a data source, and
// leaves others.
func (s *Scope) Declare(b *hcl.Block) {
	switch b.Type {
	case "variable":
		s.addVariable(input.Read(b))
	case "variables":
		s.declareVariables(b)
	case "local":
		s.declareLocal(b)
	case "locals":
		s.declareLocals(b)
	case "data":
		s.declareData(b)
	}
}

// Diagnostics returns what was found wrong since it was last called.
func (s *Scope) Diagnostics() hcl.Diagnostics {
	diags := s.diags
	s.diags = nil
	return diags
}

// Secrets are the texts in sensitive variables and locals, and each line of them.
func (s *Scope) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.secrets)
}

func (s *Scope) hide(texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secrets = append(s.secrets, texts...)
}

// Secret reads a secret of AWS Secrets Manager: the value of a key, or with raw
// all of its text, and every text that must not be shown.
type Secret func(ctx context.Context, name, key string, raw bool) (value string, hidden []string, err error)

// UseSecrets says how functions read secrets, and who keeps them out of what is
// shown; it is called before anything is evaluated.
func (s *Scope) UseSecrets(ctx context.Context, read Secret, hide func(...string)) {
	if read == nil {
		return
	}
	s.vault.Read = func(name, key string, raw bool) (string, error) {
		value, hidden, err := read(ctx, name, key, raw)
		for _, text := range hidden {
			s.hide(literal.Texts(cty.StringVal(text))...)
		}
		hide(hidden...)
		return value, err
	}
}

func (s *Scope) fail(at *hcl.Range, summary, detail string) {
	s.diags = append(s.diags, hclfile.Error(at, summary, detail))
}

func (s *Scope) warn(at *hcl.Range, summary, detail string) {
	s.diags = append(s.diags, hclfile.Warning(at, summary, detail))
}

// context is what every expression but a variable's default may use.
func (s *Scope) context(locals map[string]cty.Value) *hcl.EvalContext {
	vars := map[string]cty.Value{}
	for name, v := range s.variables {
		vars[name] = v.Value
	}
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "." // removed while we run; relative paths still say the most
	}
	return frugal.Within(nil, map[string]cty.Value{
		"var":   cty.ObjectVal(vars),
		"local": cty.ObjectVal(locals),
		"path": cty.ObjectVal(map[string]cty.Value{
			"root": cty.StringVal(s.root),
			"cwd":  cty.StringVal(filepath.ToSlash(cwd)),
		}),
		"packer": registry.Values(),
		"data":   cty.EmptyObjectVal,
	}, s.functions)
}

// Base is the context with var, local, path and packer.
func (s *Scope) Base() *hcl.EvalContext { return s.base }

// Within is the base context with more names, and a budget of its own.
func (s *Scope) Within(names map[string]cty.Value) *hcl.EvalContext {
	return frugal.Within(s.base, names, nil)
}

// Evaluator evaluates expressions in ctx, after a check that what they name was
// declared, and after reading the data sources they need.
func (s *Scope) Evaluator(ctx *hcl.EvalContext) func(hcl.Expression) (cty.Value, hcl.Diagnostics) {
	return func(expr hcl.Expression) (cty.Value, hcl.Diagnostics) {
		refs := expr.Variables()
		diags := append(registry.Warn(refs), s.undeclared(refs)...)
		if !diags.HasErrors() {
			diags = append(diags, s.Need(refs)...)
		}
		if diags.HasErrors() {
			return cty.DynamicVal, diags
		}
		value, more := expr.Value(ctx)
		return value, append(diags, more...)
	}
}

func (s *Scope) undeclared(refs []hcl.Traversal) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, ref := range refs {
		name := hclfile.Step(ref, 1)
		if name == "" {
			continue
		}
		var what string
		var names []string
		switch root := ref.RootName(); {
		case root == "var" && s.variables[name] == nil:
			what, names = "variable", slices.Sorted(maps.Keys(s.variables))
		case root == "local" && s.locals[name] == nil:
			what, names = "local", slices.Sorted(maps.Keys(s.locals))
		case root == "data" && len(s.needs([]hcl.Traversal{ref})) == 0:
			if other := hclfile.Step(ref, 2); other != "" {
				name += "." + other
			}
			what, names = "data source", slices.Sorted(maps.Keys(s.data))
		case s.known[root] != nil && !slices.Contains(s.known[root], name):
			what, names = root+" value", s.known[root]
		default:
			continue
		}
		diags = append(diags, hclfile.Error(ref.SourceRange().Ptr(), "Undeclared "+what,
			fmt.Sprintf("There is no %s %q.%s", what, name, decode.Suggest(name, names))))
	}
	return diags
}
