package stepkey

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/ovenbird-io/ovenbird/internal/decode"
)

// Options are the options of a component as facts, in the order of its fields:
// "option NAME", or "option BLOCK.NAME", with values as JSON. Those with the
// zero value of their type are left out, and so are fields that are no options.
func Options(component any, h Hider) []Fact {
	v := reflect.Indirect(reflect.ValueOf(component))
	if v.Kind() != reflect.Struct {
		return nil // such as a function type
	}
	return h.options(v, "option ")
}

func (h Hider) options(v reflect.Value, prefix string) []Fact {
	var all []Fact
	for _, o := range decode.Values(v) {
		switch {
		case o.Block:
			all = append(all, h.block(o.Is, prefix+o.Name)...)
		case !empty(o.Is):
			all = append(all, Fact{prefix + o.Name, jsonText(h.plain(o.Is))})
		}
	}
	return all
}

// block is one block or many; a block that sets nothing is a fact by itself.
func (h Hider) block(v reflect.Value, name string) []Fact {
	if v.Kind() == reflect.Slice {
		var all []Fact
		for i := range v.Len() {
			all = append(all, h.inBlock(v.Index(i), fmt.Sprintf("%s[%d]", name, i))...)
		}
		return all
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	if v.Kind() == reflect.Struct && v.IsZero() {
		return nil
	}
	return h.inBlock(v, name)
}

func (h Hider) inBlock(v reflect.Value, name string) []Fact {
	var all []Fact
	if v = reflect.Indirect(v); v.Kind() == reflect.Struct {
		all = h.options(v, name+".")
	}
	if all == nil {
		return []Fact{{name, "{}"}}
	}
	return all
}

func empty(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

// plain turns a value into what JSON knows.
func (h Hider) plain(v reflect.Value) any {
	switch is := v.Interface().(type) {
	case cty.Value:
		return h.cty(is)
	case time.Duration:
		return h.Hide(is.String())
	case json.Number:
		return h.number(is.String())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return h.plain(v.Elem())
	case reflect.Slice, reflect.Array:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			list = append(list, h.plain(v.Index(i)))
		}
		return list
	case reflect.Map:
		m := make(map[string]any, v.Len())
		for _, key := range v.MapKeys() {
			m[h.Hide(fmt.Sprint(key))] = h.plain(v.MapIndex(key))
		}
		return m
	case reflect.Struct:
		m := map[string]any{}
		for _, o := range decode.Values(v) {
			if !empty(o.Is) {
				m[o.Name] = h.plain(o.Is)
			}
		}
		return m
	case reflect.String:
		return h.Hide(v.String())
	case reflect.Bool:
		return v.Bool()
	}
	return h.number(fmt.Sprint(v))
}

func (h Hider) number(text string) any {
	if hidden := h.Hide(text); hidden != text {
		return hidden
	}
	return json.Number(text)
}

// cty is a value of a component that takes any; one that is not known yet is
// as good as none.
func (h Hider) cty(v cty.Value) any {
	if v, _ = v.UnmarkDeep(); !v.IsWhollyKnown() || v.IsNull() {
		return nil
	}
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return nil
	}
	return h.plain(reflect.ValueOf(parsed(string(text))))
}

// parsed reads JSON; other text is itself.
func parsed(text string) any {
	var v any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil || d.More() {
		return text
	}
	return v
}

func jsonText(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
