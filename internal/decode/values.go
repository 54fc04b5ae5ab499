package decode

import "reflect"

// Value is one option of a struct and what it is set to.
type Value struct {
	Name  string
	Block bool
	Is    reflect.Value
}

// Values lists the options of a struct, those of embedded structs among them,
// in the order of its fields. It reads a copy.
func Values(of reflect.Value) []Value {
	v := reflect.New(of.Type()).Elem()
	v.Set(of)
	var all []Value
	for _, f := range fieldsOf(v) {
		all = append(all, Value{Name: f.name, Block: f.kind == block, Is: f.value})
	}
	return all
}
