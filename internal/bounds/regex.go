package bounds

import (
	"fmt"
	"regexp"
	"regexp/syntax"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// Regex is regex().
func Regex() function.Function {
	return Before(stdlib.RegexFunc, func(args []cty.Value) error {
		return slowMatch(args[0].AsString(), args[1].AsString(), 0)
	})
}

// RegexAll is regexall().
func RegexAll() function.Function {
	return Before(stdlib.RegexAllFunc, func(args []cty.Value) error {
		if err := slowMatch(args[0].AsString(), args[1].AsString(), 0); err != nil {
			return err
		}
		re, err := regexp.Compile(args[0].AsString())
		if err != nil {
			return nil // the function tells more
		}
		if n := len(re.FindAllStringIndex(args[1].AsString(), maxItems+1)); n*(re.NumSubexp()+1) > maxItems {
			return function.NewArgErrorf(1, "the pattern matches more than %d times", maxItems)
		}
		return nil
	})
}

// RegexReplace is regex_replace().
func RegexReplace() function.Function {
	return Before(stdlib.RegexReplaceFunc, func(args []cty.Value) error {
		text, pattern, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
		if err := slowMatch(pattern, text, 1); err != nil || (len(text)+1)*(len(with)+1) <= maxText {
			return err
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil // the function tells more
		}
		n := 0
		all := re.FindAllStringIndex(text, maxItems+1)
		if len(all) > maxItems {
			return function.NewArgErrorf(1, "the pattern matches more than %d times", maxItems)
		}
		for _, at := range all {
			// Each $0 is the whole match, and takes two characters at least.
			if n += len(with) + (len(with)/2)*(at[1]-at[0]); n > maxText {
				return tooLong(n)
			}
		}
		return nil
	})
}

// slowMatch is an error when the pattern, which is argument arg, has so many
// states that matching would take minutes.
func slowMatch(pattern, text string, arg int) error {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil // the function tells more
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil
	}
	if len(program.Inst)*len(text) > maxPairs {
		return function.NewArgError(arg, fmt.Errorf("the pattern is too complicated for a text of %d KiB", len(text)>>10))
	}
	return nil
}
