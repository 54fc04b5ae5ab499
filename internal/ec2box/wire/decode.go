package wire

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// node is a parameter and those whose names begin with its own.
type node struct {
	value *string
	kids  map[string]*node
}

// Decode fills a struct from parameters. A field has its parameter's name or
// that of its tag "q", which may end in ",required"; the structs it embeds are
// part of it, and lists are numbered. A parameter that it has no field for is
// an error.
func Decode(form url.Values, into any) error {
	root := &node{kids: map[string]*node{}}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		if len(form[name]) != 1 {
			return Bad("MalformedQueryString", "The parameter %s stands more than once.", name)
		}
		at := root
		for _, part := range strings.Split(name, ".") {
			if at.kids[part] == nil {
				at.kids[part] = &node{kids: map[string]*node{}}
			}
			at = at.kids[part]
		}
		at.value = &form[name][0]
	}
	return root.decode("", reflect.ValueOf(into).Elem())
}

func (n *node) decode(path string, v reflect.Value) error {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		return n.decodeTime(path, v)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return n.decode(path, v.Elem())
	case v.Kind() == reflect.Slice:
		return n.decodeList(path, v)
	case v.Kind() == reflect.Struct:
		return n.decodeStruct(path, v)
	}
	text, err := n.text(path)
	if err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return Invalid(text, path, "It must be true or false.")
		}
		v.SetBool(text == "true")
	case reflect.Int64:
		i, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return Invalid(text, path, "It must be a whole number.")
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return Invalid(text, path, "It must be a number.")
		}
		v.SetFloat(f)
	default:
		panic("a request has a field of type " + v.Type().String())
	}
	return nil
}

func (n *node) text(path string) (string, error) {
	if len(n.kids) > 0 {
		return "", n.unknown(path)
	}
	return *n.value, nil
}

func (n *node) decodeTime(path string, v reflect.Value) error {
	text, err := n.text(path)
	if err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, text); err == nil {
			v.Set(reflect.ValueOf(t.UTC()))
			return nil
		}
	}
	return Invalid(text, path, "It must be a time such as 2006-01-02T15:04:05Z.")
}

// decodeList reads a list; STS and its like put "member" before the numbers.
func (n *node) decodeList(path string, v reflect.Value) error {
	if n.value != nil {
		return n.unknown(path)
	}
	if only := n.kids["member"]; only != nil && len(n.kids) == 1 {
		return only.decodeList(path+".member", v)
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.kids), len(n.kids)))
	for name, kid := range n.kids {
		i, err := strconv.Atoi(name)
		if err != nil || i < 1 || i > len(n.kids) || strconv.Itoa(i) != name {
			return Bad("InvalidParameterValue", "The list %s must be numbered from 1 on without gaps; it has '%s'.", path, name)
		}
		if err := kid.decode(path+"."+name, v.Index(i-1)); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) decodeStruct(path string, v reflect.Value) error {
	if n.value != nil {
		return n.unknown(path)
	}
	known := map[string]bool{}
	if err := n.decodeFields(path, v, known); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.kids)) {
		if !known[name] {
			return n.kids[name].unknown(join(path, name))
		}
	}
	return nil
}

func (n *node) decodeFields(path string, v reflect.Value, known map[string]bool) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			if err := n.decodeFields(path, v.Field(i), known); err != nil {
				return err
			}
			continue
		}
		name, option, _ := strings.Cut(field.Tag.Get("q"), ",")
		if name == "" {
			name = field.Name
		}
		known[name] = true
		kid := n.kids[name]
		if kid == nil {
			if option == "required" {
				return Missing(join(path, name))
			}
			continue
		}
		if err := kid.decode(join(path, name), v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) unknown(path string) error {
	for n.value == nil && len(n.kids) > 0 {
		first := slices.Sorted(maps.Keys(n.kids))[0]
		path, n = path+"."+first, n.kids[first]
	}
	return Bad("UnknownParameter", "The parameter %s is not recognized by this action of the sandbox", path)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
