package legacy

import (
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// span says which JSON some bytes of the written HCL stand for.
type span struct {
	start, end int
	at         hcl.Range
}

// mover makes what was parsed from the written HCL point at the JSON.
type mover struct {
	spans []span // outer ones after those within them
	file  string
	seen  map[any]bool
}

// place is the JSON behind a range of the written HCL: that of the smallest
// span around it.
func (m *mover) place(r hcl.Range) hcl.Range {
	for _, s := range m.spans {
		if s.start <= r.Start.Byte && r.End.Byte <= s.end {
			return s.at
		}
	}
	return hcl.Range{Filename: m.file, Start: hcl.InitialPos, End: hcl.InitialPos}
}

// move rewrites every range in a tree of the parser.
func (m *mover) move(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || m.seen[v.Interface()] {
			return
		}
		m.seen[v.Interface()] = true
		m.move(v.Elem())
	case reflect.Interface:
		m.moveInterface(v)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[hcl.Range]() {
			v.Set(reflect.ValueOf(m.place(v.Interface().(hcl.Range))))
			return
		}
		if v.Type() == reflect.TypeFor[cty.Value]() || v.Type() == reflect.TypeFor[cty.Type]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				m.move(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			m.move(v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			m.move(v.MapIndex(key)) // of pointers
		}
	}
}

// moveInterface follows a pointer, and replaces a struct: one in an interface
// cannot be changed.
func (m *mover) moveInterface(v reflect.Value) {
	inner := v.Elem()
	if inner.Kind() != reflect.Struct {
		if inner.IsValid() {
			m.move(inner)
		}
		return
	}
	changed := reflect.New(inner.Type()).Elem()
	changed.Set(inner)
	m.move(changed)
	v.Set(changed)
}
