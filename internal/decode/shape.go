package decode

import (
	"reflect"
	"time"

	"github.com/zclconf/go-cty/cty"
)

// Shape is the form in which an option is written.
type Shape struct {
	Block  bool             // name { ... }, not name = value
	List   bool             // many blocks, or a list
	Number bool             // a number, true or false; no duration
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
		s := Shape{Block: f.kind == block, List: t.Kind() == reflect.Slice}
		for s.Block && (t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer) {
			t = t.Elem()
		}
		if s.Block && t.Kind() == reflect.Struct && t != reflect.TypeFor[cty.Value]() {
			s.Fields = shapesOf(reflect.New(t).Elem())
		}
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		s.Number = t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 && t != reflect.TypeFor[time.Duration]()
		all[f.name] = s
	}
	return all
}
