package decode

import (
	"reflect"
	"time"
)

// Shape is the form in which an option is written.
type Shape struct {
	Block  bool             // name { ... }, not name = value
	List   bool             // many blocks, or a list
	Map    bool             // of names that the component does not know
	Number bool             // a number, true or false; no duration
	Text   bool             // a string
	Elem   *Shape           // of what is in a list or a map
	Fields map[string]Shape // of a block
}

// Shapes tells the forms of the options of the struct target points to, by
// name; nil when it has no options.
func Shapes(target any) map[string]Shape {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	return shapesOf(v.Elem())
}

func shapesOf(v reflect.Value) map[string]Shape {
	all := map[string]Shape{}
	for _, f := range fieldsOf(v) {
		t := f.value.Type()
		if f.kind != block {
			all[f.name] = valueShape(t)
			continue
		}
		s := Shape{Block: true, List: t.Kind() == reflect.Slice}
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() == reflect.Struct {
			s.Fields = shapesOf(reflect.New(t).Elem())
		}
		all[f.name] = s
	}
	return all
}

func valueShape(t reflect.Type) Shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	s := Shape{List: t.Kind() == reflect.Slice, Map: t.Kind() == reflect.Map, Text: t.Kind() == reflect.String}
	s.Number = t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 && t != reflect.TypeFor[time.Duration]()
	if s.List || s.Map {
		elem := valueShape(t.Elem())
		s.Elem = &elem
	}
	return s
}
