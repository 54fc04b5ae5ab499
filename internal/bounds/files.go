package bounds

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bmatcuk/doublestar"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// FileSet is fileset() for paths below root. It stops where a folder has very
// many files: links can make the file system endless.
func FileSet(root string) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "pattern", Type: cty.String}},
		Type:   function.StaticReturnType(cty.Set(cty.String)),
		Impl: func(args []cty.Value, kind cty.Type) (cty.Value, error) {
			dir := args[0].AsString()
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(root, dir)
			}
			names, err := glob(dir, args[1].AsString())
			if err != nil {
				return cty.UnknownVal(kind), err
			}
			if len(names) == 0 {
				return cty.SetValEmpty(cty.String), nil
			}
			return cty.SetVal(names), nil
		},
	})
}

func glob(dir, pattern string) ([]cty.Value, error) {
	looked := &counting{OS: doublestar.StandardOS, left: maxItems / 2}
	matches, err := doublestar.GlobOS(looked, filepath.Join(dir, pattern))
	switch {
	case looked.left <= 0:
		return nil, fmt.Errorf("looking for %s in %s: there are too many files", pattern, filepath.ToSlash(dir))
	case err != nil:
		return nil, fmt.Errorf("reading the pattern %s: %w", pattern, err)
	}
	var names []cty.Value
	for _, match := range matches {
		info, err := os.Stat(match)
		if err != nil {
			return nil, fmt.Errorf("looking for %s in %s: %w", pattern, filepath.ToSlash(dir), err)
		}
		if !info.Mode().IsRegular() {
			continue
		}
		name, err := filepath.Rel(dir, match)
		if err != nil {
			return nil, fmt.Errorf("looking for %s in %s: %w", pattern, filepath.ToSlash(dir), err)
		}
		names = append(names, cty.StringVal(filepath.ToSlash(name)))
	}
	return names, nil
}

// counting is a file system that ends after a number of looks at it.
type counting struct {
	doublestar.OS
	left int
}

var errEnough = errors.New("too many files")

func (c *counting) Lstat(name string) (os.FileInfo, error) {
	if c.left--; c.left <= 0 {
		return nil, errEnough
	}
	return c.OS.Lstat(name)
}

func (c *counting) Stat(name string) (os.FileInfo, error) {
	if c.left--; c.left <= 0 {
		return nil, errEnough
	}
	return c.OS.Stat(name)
}

func (c *counting) Open(name string) (*os.File, error) {
	if c.left--; c.left <= 0 {
		return nil, errEnough
	}
	return c.OS.Open(name)
}
