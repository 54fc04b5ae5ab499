package decode

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

// set converts value to v's type. Strings, numbers and bools convert to each
// other. What is not known yet becomes gotmpl.Unknown in a string and leaves
// anything else alone.
func (d *decoder) set(v reflect.Value, value cty.Value, late bool) error {
	if v.Type() == reflect.TypeFor[cty.Value]() {
		v.Set(reflect.ValueOf(value))
		return nil
	}
	if !value.IsKnown() {
		if v.Kind() == reflect.String {
			v.SetString(gotmpl.Unknown)
		}
		return nil
	}
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return d.setDuration(v, value)
	}
	switch v.Kind() {
	case reflect.Pointer:
		to := reflect.New(v.Type().Elem())
		v.Set(to)
		return d.set(to.Elem(), value, late)
	case reflect.Slice:
		return d.setSlice(v, value, late)
	case reflect.Map:
		return d.setMap(v, value, late)
	case reflect.Struct:
		return d.setStruct(v, value)
	case reflect.Interface:
		return d.setAny(v, value, late)
	case reflect.String:
		text, err := d.text(value, late)
		if text != "" { // else the default stays, as in Packer
			v.SetString(text)
		}
		return err
	case reflect.Bool:
		return d.setBool(v, value)
	}
	return d.setNumber(v, value)
}

func (d *decoder) text(value cty.Value, late bool) (string, error) {
	s, err := convert.Convert(value, cty.String)
	if err != nil {
		return "", fmt.Errorf("a string is needed, not %s", kindOf(value))
	}
	if late {
		return s.AsString(), nil
	}
	text, err := gotmpl.Render(s.AsString(), nil, d.src.Text)
	if err != nil {
		return "", fmt.Errorf("%w (a literal {{ is written {{ \"{{\" }})", err)
	}
	return text, nil
}

func (d *decoder) setDuration(v reflect.Value, value cty.Value) error {
	text, err := d.text(value, false)
	if err != nil {
		return fmt.Errorf("a duration such as \"5m\" is needed, not %s", kindOf(value))
	}
	took, err := time.ParseDuration(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("%q is no duration; write a number and a unit, such as \"90s\", \"5m\" or \"1h30m\"", text)
	}
	v.SetInt(int64(took))
	return nil
}

func (d *decoder) setBool(v reflect.Value, value cty.Value) error {
	switch value.Type() {
	case cty.Number:
		v.SetBool(!value.RawEquals(cty.Zero))
		return nil
	case cty.Bool:
		v.SetBool(value.True())
		return nil
	case cty.String:
		text, err := d.text(value, false)
		if err != nil {
			return err
		}
		if b, err := strconv.ParseBool(text); err == nil {
			v.SetBool(b)
			return nil
		}
	}
	return fmt.Errorf("true or false is needed, not %s", kindOf(value))
}

func (d *decoder) setNumber(v reflect.Value, value cty.Value) error {
	n := new(big.Float)
	switch value.Type() {
	case cty.Bool:
		if value.True() {
			n.SetInt64(1)
		}
	case cty.String:
		text, err := d.text(value, false)
		if err != nil {
			return err
		}
		parsed, err := cty.ParseNumberVal(strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("a number is needed, not %q", text)
		}
		n = parsed.AsBigFloat()
	case cty.Number:
		n = value.AsBigFloat()
	default:
		return fmt.Errorf("a number is needed, not %s", kindOf(value))
	}
	switch {
	case v.CanFloat():
		f, _ := n.Float64()
		v.SetFloat(f)
		return nil
	case v.CanInt():
		if i, acc := n.Int64(); acc == big.Exact && !v.OverflowInt(i) {
			v.SetInt(i)
			return nil
		}
	case v.CanUint():
		if u, acc := n.Uint64(); acc == big.Exact && !v.OverflowUint(u) {
			v.SetUint(u)
			return nil
		}
		if n.Sign() < 0 {
			return fmt.Errorf("%s is negative", written(n))
		}
	default:
		panic("decode: no HCL value goes into a " + v.Type().String())
	}
	if !n.IsInt() {
		return fmt.Errorf("a whole number is needed, not %s", written(n))
	}
	return fmt.Errorf("%s is too large", written(n))
}

func (d *decoder) setSlice(v reflect.Value, value cty.Value, late bool) error {
	t := value.Type()
	if !t.IsTupleType() && !t.IsListType() && !t.IsSetType() {
		return fmt.Errorf("a list is needed, not %s; write it in brackets: [ ... ]", kindOf(value))
	}
	list := reflect.MakeSlice(v.Type(), 0, value.LengthInt())
	var errs []error
	for _, element := range value.Elements() {
		at := list.Len()
		if element.IsKnown() && element.IsNull() {
			return fmt.Errorf("element [%d] is null; leave it out", at)
		}
		e := reflect.New(v.Type().Elem()).Elem()
		if err := d.set(e, element, late); err != nil {
			errs = append(errs, fmt.Errorf("element [%d]: %w", at, err))
		}
		list = reflect.Append(list, e)
	}
	v.Set(list)
	return errors.Join(errs...)
}

func (d *decoder) setMap(v reflect.Value, value cty.Value, late bool) error {
	t := value.Type()
	if !t.IsObjectType() && !t.IsMapType() {
		return fmt.Errorf("a map is needed, not %s; write it in braces: { name = value }", kindOf(value))
	}
	m := reflect.MakeMap(v.Type())
	var errs []error
	for key, element := range value.Elements() {
		if element.IsKnown() && element.IsNull() {
			continue // as with attributes, null is unset
		}
		e := reflect.New(v.Type().Elem()).Elem()
		if err := d.set(e, element, late); err != nil {
			errs = append(errs, fmt.Errorf("element [%q]: %w", key.AsString(), err))
			continue
		}
		name, err := d.text(key, late)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), e)
	}
	v.Set(m)
	return errors.Join(errs...)
}

// setStruct fills a struct from an object: attr = { name = value }.
func (d *decoder) setStruct(v reflect.Value, value cty.Value) error {
	t := value.Type()
	if !t.IsObjectType() && !t.IsMapType() {
		return fmt.Errorf("a map is needed, not %s", kindOf(value))
	}
	fields := map[string]field{}
	for _, f := range fieldsOf(v) {
		fields[f.name] = f
	}
	var errs []error
	for key, element := range value.Elements() {
		f, ok := fields[key.AsString()]
		if !ok {
			errs = append(errs, fmt.Errorf("%q is not expected here", key.AsString()))
			continue
		}
		if element.IsKnown() && element.IsNull() {
			continue
		}
		if err := d.set(f.value, element, f.late); err != nil {
			errs = append(errs, fmt.Errorf("element [%q]: %w", f.name, err))
		}
	}
	return errors.Join(errs...)
}

func (d *decoder) setAny(v reflect.Value, value cty.Value, late bool) error {
	var to reflect.Value
	switch t := value.Type(); {
	case value.IsNull():
		return nil
	case t == cty.Bool:
		to = reflect.New(reflect.TypeFor[bool]())
	case t == cty.Number:
		if to = reflect.New(reflect.TypeFor[int64]()); !value.AsBigFloat().IsInt() {
			to = reflect.New(reflect.TypeFor[float64]())
		}
	case t.IsObjectType() || t.IsMapType():
		to = reflect.New(reflect.TypeFor[map[string]any]())
	case t == cty.String:
		to = reflect.New(reflect.TypeFor[string]())
	default:
		to = reflect.New(reflect.TypeFor[[]any]())
	}
	err := d.set(to.Elem(), value, late)
	v.Set(to.Elem())
	return err
}

// kindOf describes a value that has the wrong type.
func kindOf(value cty.Value) string {
	if value.Type() == cty.String {
		return fmt.Sprintf("%q", value.AsString())
	}
	name := value.Type().FriendlyName()
	if strings.ContainsRune("aeiou", rune(name[0])) {
		return "an " + name
	}
	return "a " + name
}

// sentence makes Go's error text a full sentence, as diagnostics have them.
func sentence(err error) string {
	text := []rune(err.Error())
	text[0] = unicode.ToUpper(text[0])
	if last := text[len(text)-1]; last != '.' && last != '!' && last != '?' {
		text = append(text, '.')
	}
	return string(text)
}

// written is a number as people write it; of one with very many digits, how
// many it has.
func written(n *big.Float) string {
	if exp := n.MantExp(nil); exp > 1000 || exp < -1000 {
		return fmt.Sprintf("a number of %d digits", int(math.Abs(float64(exp))*math.Log10(2))+1)
	}
	return n.Text('f', -1)
}
