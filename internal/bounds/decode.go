package bounds

import (
	"fmt"
	"strings"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// JSONDecode is jsondecode().
func JSONDecode() function.Function {
	return Before(stdlib.JSONDecodeFunc, func(args []cty.Value) error {
		text, depth, n, quoted := args[0].AsString(), 0, 0, false
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case quoted && c == '\\':
				i++
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == '[' || c == '{':
				depth++
			case c == ']' || c == '}':
				depth--
			case c == ',':
				n++
			}
			if depth > 1000 {
				return function.NewArgErrorf(0, "the JSON is nested too deeply")
			}
		}
		return tooMany(n)
	})
}

// CSVDecode is csvdecode().
func CSVDecode() function.Function {
	return Before(stdlib.CSVDecodeFunc, func(args []cty.Value) error {
		head, rest, _ := strings.Cut(args[0].AsString(), "\n")
		return tooMany((strings.Count(head, ",") + 1) * strings.Count(rest, "\n"))
	})
}

func tooMany(n int) error {
	if n > 10*maxItems {
		return function.NewArgErrorf(0, "it has more than %d values", 10*maxItems)
	}
	return nil
}

// YAMLDecode is yamldecode(). Its aliases repeat what they stand for, so that a
// little text can become very large.
func YAMLDecode() function.Function {
	return function.New(&function.Spec{
		Params: yaml.YAMLDecodeFunc.Params(),
		Type:   function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			text := []byte(args[0].AsString())
			if len(text) > maxText/16 {
				return cty.NilVal, function.NewArgErrorf(0, "the YAML has more than %d MiB", maxText/16>>20)
			}
			kind, err := yaml.ImpliedType(text)
			if err != nil {
				return cty.NilVal, function.NewArgError(0, fmt.Errorf("reading YAML: %w", err))
			}
			if n := types(kind, 10*maxItems); n <= 0 {
				return cty.NilVal, tooMany(10*maxItems + 1)
			}
			return yaml.Unmarshal(text, kind)
		},
	})
}

// types counts down from left for each type that kind is made of.
func types(kind cty.Type, left int) int {
	left--
	switch {
	case left <= 0:
	case kind.IsTupleType():
		for _, t := range kind.TupleElementTypes() {
			if left = types(t, left); left <= 0 {
				break
			}
		}
	case kind.IsObjectType():
		for _, t := range kind.AttributeTypes() {
			if left = types(t, left); left <= 0 {
				break
			}
		}
	}
	return left
}
