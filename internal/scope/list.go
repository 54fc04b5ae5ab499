package scope

import (
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// Named is a variable or a local with the value it has; unknown when it has none.
type Named struct {
	Name      string
	Value     cty.Value
	Sensitive bool
}

// ListVariables lists the variables by name.
func (s *Scope) ListVariables() []Named {
	var all []Named
	for _, name := range slices.Sorted(maps.Keys(s.variables)) {
		v := s.variables[name]
		all = append(all, Named{name, known(v.Value), v.Sensitive})
	}
	return all
}

// ListLocals lists the locals by name.
func (s *Scope) ListLocals() []Named {
	var all []Named
	for _, name := range slices.Sorted(maps.Keys(s.locals)) {
		l := s.locals[name]
		all = append(all, Named{name, known(l.value), l.sensitive})
	}
	return all
}

func known(v cty.Value) cty.Value {
	if v == cty.NilVal {
		return cty.DynamicVal
	}
	return v
}
