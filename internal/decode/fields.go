package decode

import (
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

type kind int

const (
	optional kind = iota
	required
	block
	label
)

// field is one option of a struct, or of a struct embedded in it.
type field struct {
	name  string
	kind  kind
	late  bool // rendered by the component itself
	value reflect.Value
}

func fieldsOf(v reflect.Value) []field {
	var all []field
	t := v.Type()
	for i := range t.NumField() {
		tag, tagged := t.Field(i).Tag.Lookup("hcl")
		if !tagged || !t.Field(i).IsExported() {
			continue
		}
		name, how, _ := strings.Cut(tag, ",")
		f := field{name: name, value: v.Field(i), late: t.Field(i).Tag.Get("template") == "late"}
		switch how {
		case "", "attr":
			f.kind = required
		case "optional":
			f.kind = optional
		case "block":
			f.kind = block
		case "label":
			f.kind = label
		case "remain":
			all = append(all, fieldsOf(embedded(f.value))...)
			continue
		default:
			panic("decode: unknown hcl tag " + tag + " in " + t.String())
		}
		all = append(all, f)
	}
	return all
}

func embedded(v reflect.Value) reflect.Value {
	if v.Kind() != reflect.Pointer {
		return v
	}
	if v.IsNil() {
		v.Set(reflect.New(v.Type().Elem()))
	}
	return v.Elem()
}

// schema requires nothing: what is missing is reported after all bodies.
func schema(fields []field) *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for _, f := range fields {
		switch f.kind {
		case optional, required:
			s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: f.name})
		case block:
			s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: f.name, LabelNames: labelsOf(f.value.Type())})
		}
	}
	return s
}

func labelsOf(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var names []string
	for _, f := range fieldsOf(reflect.New(t).Elem()) {
		if f.kind == label {
			names = append(names, f.name)
		}
	}
	return names
}
