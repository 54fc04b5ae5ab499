package hclfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// TypeError says where in a value its type is wrong.
func TypeError(err error) string {
	var path cty.PathError
	if !errors.As(err, &path) || len(path.Path) == 0 {
		return err.Error()
	}
	var where strings.Builder
	for _, step := range path.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			where.WriteString("." + step.Name)
		case cty.IndexStep:
			if step.Key.Type() == cty.Number {
				where.WriteString("[" + step.Key.AsBigFloat().Text('f', -1) + "]")
			} else if step.Key.Type() == cty.String {
				fmt.Fprintf(&where, "[%q]", step.Key.AsString())
			}
		}
	}
	return strings.TrimPrefix(where.String(), ".") + ": " + err.Error()
}
