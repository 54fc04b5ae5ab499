package bounds

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Format is format().
func Format() function.Function { return format(stdlib.FormatFunc, false) }

// FormatList is formatlist().
func FormatList() function.Function { return format(stdlib.FormatListFunc, true) }

func format(f function.Function, many bool) function.Function {
	width := regexp.MustCompile(`%[-+ #0]*(\d+)?(?:\.(\d+))?`)
	far := regexp.MustCompile(`[eE][-+]?0*[1-9]\d{4,}$`) // a text is a number where %d wants one
	return Before(f, func(args []cty.Value) error {
		if args[0].Type() != cty.String {
			return nil
		}
		text, n := args[0].AsString(), 0
		for _, m := range width.FindAllStringSubmatch(text, -1) {
			for _, digits := range m[1:] {
				w, err := strconv.Atoi(digits)
				if digits != "" && (err != nil || w > maxDigits) {
					return function.NewArgErrorf(0, "a width of %s is too large; the limit is %d", digits, maxDigits)
				}
				n += w
			}
		}
		longest, lists := 0, 1
		for i, a := range args[1:] {
			if a.Type() == cty.String && far.MatchString(a.AsString()) {
				return function.NewArgErrorf(i+1, "as a number it would have too many digits")
			}
			if t := a.Type(); many && (t.IsListType() || t.IsTupleType() || t.IsSetType()) {
				lists = max(lists, a.LengthInt())
				for it := a.ElementIterator(); it.Next(); {
					_, e := it.Element()
					longest = max(longest, length(e))
				}
				continue
			}
			longest = max(longest, length(a))
		}
		return tooLong((len(text) + n + strings.Count(text, "%")*longest) * lists)
	})
}

// length is about how long a value is as text.
func length(v cty.Value) int {
	n := 0
	var walk func(cty.Value)
	walk = func(v cty.Value) {
		switch {
		case v.IsNull() || !v.IsKnown():
		case v.Type() == cty.String:
			n += len(v.AsString())
		case v.CanIterateElements():
			for it := v.ElementIterator(); it.Next() && n < maxText; {
				_, e := it.Element()
				walk(e)
			}
		}
		n += 20
	}
	walk(v)
	return n
}
