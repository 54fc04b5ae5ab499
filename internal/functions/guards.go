package functions

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/filesystem"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/ovenbird-io/ovenbird/internal/bounds"
)

// What a template may ask for; beyond this it is a mistake that would take the
// machine's memory or hours.
const (
	maxText  = 64 << 20 // bytes
	maxItems = 100_000
	maxCost  = 14 // of bcrypt: a second or two
)

func guardIndent() function.Function {
	return bounds.Before(stdlib.IndentFunc, func(args []cty.Value) error {
		n, _ := args[0].AsBigFloat().Float64()
		if n < 0 || n*float64(1+strings.Count(args[1].AsString(), "\n")) > maxText {
			return function.NewArgErrorf(0, "an indent of %.0f makes the text too large", n)
		}
		return nil
	})
}

func guardProduct() function.Function {
	return bounds.Before(stdlib.SetProductFunc, func(args []cty.Value) error {
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
	return bounds.Before(crypto.BcryptFunc, func(args []cty.Value) error {
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
	return bounds.Before(filesystem.MakeFileFunc(root, base64), func(args []cty.Value) error {
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
