// Package hclmove makes what was parsed from generated HCL point at what it was
// generated from.
package hclmove

import (
	"reflect"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Span says what some bytes of the generated HCL were generated from.
type Span struct {
	Start, End int
	At         hcl.Range
}

// Move rewrites every range in what v points to, a tree of the parser or
// diagnostics. Of spans, outer ones stand after those within them; what is in
// none is blamed on the start of the file.
func Move(v any, spans []Span, file string) {
	m := &mover{spans: spans, file: file, seen: map[any]bool{}}
	m.move(reflect.ValueOf(v))
}

type mover struct {
	spans []Span
	file  string
	seen  map[any]bool
}

// place is what a range stands for: that of the smallest
// span around it.
func (m *mover) place(r hcl.Range) hcl.Range {
	first := sort.Search(len(m.spans), func(i int) bool { return m.spans[i].End >= r.End.Byte })
	for _, s := range m.spans[first:] {
		if s.Start <= r.Start.Byte {
			return s.At
		}
	}
	return hcl.Range{Filename: m.file, Start: hcl.InitialPos, End: hcl.InitialPos}
}

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
