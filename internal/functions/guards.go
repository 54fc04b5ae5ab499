package functions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/filesystem"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// What a template may ask for; beyond this it is a mistake that would take the
// machine's memory or hours.
const (
	maxText  = 64 << 20 // bytes
	maxItems = 100_000
	maxCost  = 20 // of bcrypt: about a minute
)

// guard calls check with the arguments before f's own implementation.
func guard(f function.Function, check func(args []cty.Value) error) function.Function {
	return function.New(&function.Spec{
		Description: f.Description(),
		Params:      f.Params(),
		VarParam:    f.VarParam(),
		Type: func(args []cty.Value) (cty.Type, error) {
			if known(args) {
				if err := check(args); err != nil {
					return cty.DynamicPseudoType, err
				}
			}
			return f.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f.Call(args) },
	})
}

func known(args []cty.Value) bool {
	for _, a := range args {
		if a.IsNull() || !a.IsWhollyKnown() {
			return false
		}
	}
	return true
}

func guardFormat(f function.Function) function.Function {
	width := regexp.MustCompile(`%[-+ #0]*(\d+)?(?:\.(\d+))?`)
	return guard(f, func(args []cty.Value) error {
		if args[0].Type() != cty.String {
			return nil
		}
		for _, m := range width.FindAllStringSubmatch(args[0].AsString(), -1) {
			for _, digits := range m[1:] {
				if n, err := strconv.Atoi(digits); digits != "" && (err != nil || n > 10_000) {
					return function.NewArgErrorf(0, "a width of %s is too large; the limit is 10000", digits)
				}
			}
		}
		return nil
	})
}

func guardIndent() function.Function {
	return guard(stdlib.IndentFunc, func(args []cty.Value) error {
		n, _ := args[0].AsBigFloat().Float64()
		if n < 0 || n*float64(1+strings.Count(args[1].AsString(), "\n")) > maxText {
			return function.NewArgErrorf(0, "an indent of %.0f makes the text too large", n)
		}
		return nil
	})
}

func guardReplace() function.Function {
	return guard(stdlib.ReplaceFunc, func(args []cty.Value) error {
		text, old, with := args[0].AsString(), args[1].AsString(), args[2].AsString()
		if n := strings.Count(text, old); len(text)+n*(len(with)-len(old)) > maxText {
			return fmt.Errorf("the text would have more than %d MiB", maxText>>20)
		}
		return nil
	})
}

func guardJoin() function.Function {
	return guard(stdlib.JoinFunc, func(args []cty.Value) error {
		n := 0
		for _, list := range args[1:] {
			if list.CanIterateElements() {
				n += list.LengthInt()
			}
		}
		if n*len(args[0].AsString()) > maxText {
			return fmt.Errorf("the text would have more than %d MiB", maxText>>20)
		}
		return nil
	})
}

func guardProduct() function.Function {
	return guard(stdlib.SetProductFunc, func(args []cty.Value) error {
		n := 1
		for _, a := range args {
			if !a.CanIterateElements() {
				return nil
			}
			if n *= a.LengthInt(); n > maxItems {
				return fmt.Errorf("the product has more than %d elements", maxItems)
			}
		}
		return nil
	})
}

func guardBcrypt() function.Function {
	return guard(crypto.BcryptFunc, func(args []cty.Value) error {
		if len(args) < 2 {
			return nil
		}
		if cost, _ := args[1].AsBigFloat().Float64(); cost > maxCost {
			return function.NewArgErrorf(1, "a cost of %.0f would take hours; the limit is %d", cost, maxCost)
		}
		return nil
	})
}

func guardFile(root string, base64 bool) function.Function {
	return guard(filesystem.MakeFileFunc(root, base64), func(args []cty.Value) error {
		return readable(root, args[0].AsString())
	})
}

// readable refuses what cannot be read whole, before it is read.
func readable(root, name string) error {
	if strings.HasPrefix(name, "~") {
		return nil
	}
	given := name
	if !filepath.IsAbs(name) {
		name = filepath.Join(root, name)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return function.NewArgErrorf(0, "there is no file %s%s", filepath.ToSlash(name), doubled(root, given))
	case err != nil:
		return nil // reading it tells more
	case !info.Mode().IsRegular() && !info.IsDir():
		return function.NewArgErrorf(0, "%s is not a regular file", filepath.ToSlash(name))
	case info.Size() > maxText:
		return function.NewArgErrorf(0, "%s has %d MiB; the limit is %d", filepath.ToSlash(name), info.Size()>>20, maxText>>20)
	}
	return nil
}

// doubled explains how a relative path that begins with path.root went astray.
func doubled(root, name string) string {
	if within, ok := strings.CutPrefix(filepath.Clean(name), filepath.Clean(root)+"/"); ok && !filepath.IsAbs(name) {
		return fmt.Sprintf("; relative paths begin at path.root as it is, so write %q", within)
	}
	return ""
}

func refuse(why string) function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "args", Type: cty.DynamicPseudoType, AllowNull: true, AllowUnknown: true},
		Type:     func([]cty.Value) (cty.Type, error) { return cty.DynamicPseudoType, errors.New(why) },
		Impl:     func([]cty.Value, cty.Type) (cty.Value, error) { return cty.DynamicVal, errors.New(why) },
	})
}
