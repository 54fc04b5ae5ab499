package functions

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	xtext "golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

// ofTexts is a function over strings.
func ofTexts(result cty.Type, f func(args []string) (cty.Value, error), names ...string) function.Function {
	spec := &function.Spec{
		Type: function.StaticReturnType(result),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			texts := make([]string, len(args))
			for i, a := range args {
				texts[i] = a.AsString()
			}
			return f(texts)
		},
	}
	for _, name := range names {
		spec.Params = append(spec.Params, function.Parameter{Name: name, Type: cty.String})
	}
	return function.New(spec)
}

func test(f func(s, part string) bool) function.Function {
	return ofTexts(cty.Bool, func(a []string) (cty.Value, error) { return cty.BoolVal(f(a[0], a[1])), nil }, "str", "part")
}

func hasPrefix() function.Function { return test(strings.HasPrefix) }
func hasSuffix() function.Function { return test(strings.HasSuffix) }
func contains() function.Function  { return test(strings.Contains) }

// environment reads one environment variable; one that is not set is empty.
func environment() function.Function {
	return ofTexts(cty.String, func(a []string) (cty.Value, error) {
		return cty.StringVal(os.Getenv(a[0])), nil
	}, "name")
}

func base64gzip() function.Function {
	return ofTexts(cty.String, func(a []string) (cty.Value, error) {
		var out bytes.Buffer
		zip := gzip.NewWriter(&out)
		if _, err := zip.Write([]byte(a[0])); err != nil {
			return cty.NilVal, fmt.Errorf("compressing: %w", err)
		}
		if err := zip.Close(); err != nil {
			return cty.NilVal, fmt.Errorf("compressing: %w", err)
		}
		return cty.StringVal(base64.StdEncoding.EncodeToString(out.Bytes())), nil
	}, "str")
}

func charset(name string) (xtext.Encoding, error) {
	e, err := ianaindex.IANA.Encoding(name)
	if err != nil || e == nil {
		return nil, function.NewArgErrorf(1, "%q is not a supported IANA encoding name", name)
	}
	return e, nil
}

func textEncode() function.Function {
	return ofTexts(cty.String, func(a []string) (cty.Value, error) {
		e, err := charset(a[1])
		if err != nil {
			return cty.NilVal, err
		}
		raw, err := e.NewEncoder().Bytes([]byte(a[0]))
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(0, "the text has characters that %s lacks", a[1])
		}
		return cty.StringVal(base64.StdEncoding.EncodeToString(raw)), nil
	}, "str", "encoding")
}

func textDecode() function.Function {
	return ofTexts(cty.String, func(a []string) (cty.Value, error) {
		e, err := charset(a[1])
		if err != nil {
			return cty.NilVal, err
		}
		raw, err := base64.StdEncoding.DecodeString(a[0])
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(0, "the text is not base64")
		}
		text, err := e.NewDecoder().Bytes(raw)
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(0, "the text is not %s", a[1])
		}
		return cty.StringVal(string(text)), nil
	}, "source", "encoding")
}

// ofList is a function over one list, set or tuple, converted to a list of element.
func ofList(element cty.Type, f func(all []cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
		Type: func(args []cty.Value) (cty.Type, error) {
			t := args[0].Type()
			if t == cty.DynamicPseudoType || t.IsListType() || t.IsSetType() || t.IsTupleType() {
				return element, nil
			}
			return element, function.NewArgErrorf(0, "a list is needed, not %s", t.FriendlyName())
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			var all []cty.Value
			for _, v := range args[0].Elements() {
				v, err := convert.Convert(v, element)
				switch {
				case err != nil:
					return cty.NilVal, function.NewArgErrorf(0, "every element must be a %s", element.FriendlyName())
				case !v.IsKnown():
					return cty.UnknownVal(element), nil
				case v.IsNull():
					return cty.NilVal, function.NewArgErrorf(0, "an element is null")
				}
				all = append(all, v)
			}
			return f(all)
		},
	})
}

func sum() function.Function {
	return ofList(cty.Number, func(all []cty.Value) (cty.Value, error) {
		if len(all) == 0 {
			return cty.NilVal, function.NewArgErrorf(0, "an empty list has no sum")
		}
		total := cty.Zero
		for _, n := range all {
			total = total.Add(n)
		}
		return total, nil
	})
}

func allTrue() function.Function {
	return ofList(cty.Bool, func(all []cty.Value) (cty.Value, error) {
		for _, b := range all {
			if b.False() {
				return cty.False, nil
			}
		}
		return cty.True, nil
	})
}

func anyTrue() function.Function {
	return ofList(cty.Bool, func(all []cty.Value) (cty.Value, error) {
		for _, b := range all {
			if b.True() {
				return cty.True, nil
			}
		}
		return cty.False, nil
	})
}

// length is the standard one, and counts the characters of a string.
func length() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowDynamicType: true, AllowUnknown: true}},
		Type: func(args []cty.Value) (cty.Type, error) {
			t := args[0].Type()
			if t == cty.String || t == cty.DynamicPseudoType || t.IsTupleType() || t.IsObjectType() || t.IsCollectionType() {
				return cty.Number, nil
			}
			return cty.Number, function.NewArgErrorf(0, "a string, a list or a map is needed, not %s", t.FriendlyName())
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch t := args[0].Type(); {
			case t == cty.DynamicPseudoType:
				return cty.UnknownVal(cty.Number), nil
			case t == cty.String:
				return stdlib.Strlen(args[0])
			case t.IsObjectType():
				return cty.NumberIntVal(int64(len(t.AttributeTypes()))), nil
			}
			return args[0].Length(), nil
		},
	})
}

// index finds the first place of a value in a list.
func index() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{
			{Name: "list", Type: cty.DynamicPseudoType},
			{Name: "value", Type: cty.DynamicPseudoType},
		},
		Type: function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if t := args[0].Type(); !t.IsListType() && !t.IsTupleType() {
				return cty.NilVal, function.NewArgErrorf(0, "a list is needed, not %s", t.FriendlyName())
			}
			for i, v := range args[0].Elements() {
				same, err := stdlib.Equal(v, args[1])
				if err != nil || !same.IsKnown() {
					return cty.UnknownVal(cty.Number), nil
				}
				if same.True() {
					return i, nil
				}
			}
			return cty.NilVal, errors.New("the list does not have this value")
		},
	})
}
