// Package bounds has functions of the standard library that refuse arguments
// for which they would take all memory or hours.
package bounds

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// What a template may ask for.
const (
	maxText   = 64 << 20 // bytes
	maxItems  = 100_000
	maxDigits = 10_000
	maxPairs  = 500_000_000 // comparisons of a character with another, or with a state
)

// Before calls check with the arguments, when all are known and none is null,
// before the function's own implementation.
func Before(f function.Function, check func(args []cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		VarParam:    f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if Known(args) {
				if err := check(args); err != nil {
					return cty.DynamicPseudoType, err
				}
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

// Known tells whether all values are there, and known.
func Known(args []cty.Value) bool {
	for _, a := range args {
		if a.IsNull() || !a.IsWhollyKnown() {
			return false
		}
	}
	return true
}

// tooLong is the error for a text that would have n bytes, if that is too many.
func tooLong(n int) error {
	if n > maxText || n < 0 {
		return fmt.Errorf("the text would have more than %d MiB", maxText>>20)
	}
	return nil
}

// Replace is replace().
func Replace() function.Function {
	return Before(stdlib.ReplaceFunc, func(args []cty.Value) error {
		text, old, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
		return tooLong(len(text) + strings.Count(text, old)*len(with))
	})
}

// Split is split().
func Split() function.Function {
	return Before(stdlib.SplitFunc, func(args []cty.Value) error {
		if n := strings.Count(args[1].AsString(), args[0].AsString()); n > 10*maxItems {
			return function.NewArgErrorf(1, "the text has more than %d parts", 10*maxItems)
		}
		return nil
	})
}

// Join is join().
func Join() function.Function {
	return Before(stdlib.JoinFunc, func(args []cty.Value) error {
		n, between := 0, len(args[0].AsString())
		for _, list := range args[1:] {
			for it := list.ElementIterator(); it.Next(); {
				if _, e := it.Element(); !e.IsNull() && e.Type() == cty.String {
					n += len(e.AsString())
				}
				if n += between; n > maxText {
					return tooLong(n)
				}
			}
		}
		return nil
	})
}

// Trim is trim().
func Trim() function.Function {
	return Before(stdlib.TrimFunc, func(args []cty.Value) error {
		if n := len(args[1].AsString()); n*len(args[0].AsString()) > maxPairs {
			return function.NewArgErrorf(1, "%d characters are too many for a text as long as this", n)
		}
		return nil
	})
}

// ParseInt is parseint().
func ParseInt() function.Function {
	return Before(stdlib.ParseIntFunc, func(args []cty.Value) error {
		if args[0].Type() == cty.String && len(args[0].AsString()) > maxDigits {
			return function.NewArgErrorf(0, "a number has at most %d digits", maxDigits)
		}
		return nil
	})
}

// Contains is contains().
func Contains() function.Function {
	return Before(stdlib.ContainsFunc, func(args []cty.Value) error {
		if !args[0].CanIterateElements() || !args[1].CanIterateElements() {
			return nil
		}
		if args[0].LengthInt()*args[1].LengthInt() > maxPairs/100 {
			return function.NewArgErrorf(1, "the list and the value are too large to be compared")
		}
		return nil
	})
}

// Distinct is distinct(), which compares each element with each in the standard
// library.
func Distinct() function.Function {
	return function.New(&function.Spec{
		Params: stdlib.DistinctFunc.Params(),
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl: func(args []cty.Value, kind cty.Type) (cty.Value, error) {
			if !args[0].IsWhollyKnown() {
				return cty.UnknownVal(kind), nil
			}
			var all []cty.Value
			seen := map[int][]cty.Value{} // by hash
			for _, v := range args[0].AsValueSlice() {
				h := v.Hash()
				if !has(seen[h], v) {
					seen[h] = append(seen[h], v)
					all = append(all, v)
				}
			}
			if len(all) == 0 {
				return cty.ListValEmpty(kind.ElementType()), nil
			}
			return cty.ListVal(all), nil
		},
	})
}

func has(all []cty.Value, v cty.Value) bool {
	for _, other := range all {
		if other.RawEquals(v) {
			return true
		}
	}
	return false
}
