// Package hclfmt formats template and variable files.
package hclfmt

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/rogpeppe/go-internal/diff"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
	"github.com/ovenbird-io/ovenbird/internal/hclfile"
)

// endings are those of the names of files that are formatted.
func endings() []string { return []string{".pkr.hcl", ".pkrvars.hcl", ".oven.hcl"} }

// Source formats one file. A file that cannot be parsed is left alone: moving
// spaces about in it could hide what is wrong.
func Source(name string, src []byte) ([]byte, hcl.Diagnostics) {
	if diags := frugal.Config(src, name); diags.HasErrors() {
		return nil, diags
	}
	if _, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos); diags.HasErrors() {
		return nil, diags
	}
	return hclwrite.Format(src), nil
}

// Diff is a unified diff of what formatting changes in a file, "" when nothing.
func Diff(name string, before, after []byte) string {
	text := diff.Diff("old/"+name, before, "new/"+name, after)
	_, text, _ = bytes.Cut(text, []byte("\n")) // the command line of a diff nobody ran
	return string(text)
}

// Files lists what the paths mean, in order: a file itself, and of a folder the
// files in it whose names say that they can be formatted; with recursive also
// those in folders below. Names that editors and version control give to files
// of their own are left out.
func Files(paths []string, recursive bool) (names []string, errs []error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%s cannot be read: %s", path, hclfile.Reason(err)))
		case info.IsDir():
			below, err := folder(path, recursive)
			if err != nil {
				errs = append(errs, err)
			}
			names = append(names, below...)
		case !hclfile.HasEnding(path, endings()...):
			errs = append(errs, fmt.Errorf("the name of %s does not end in %s", path, strings.Join(endings(), ", ")))
		default:
			names = append(names, path)
		}
	}
	return names, errs
}

func folder(root string, recursive bool) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path == root:
		case ignored(e.Name()) && e.IsDir(), e.IsDir() && !recursive:
			return fs.SkipDir
		case !e.IsDir() && !ignored(e.Name()) && hclfile.HasEnding(path, endings()...):
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		return names, fmt.Errorf("listing %s: %w", root, err)
	}
	return names, nil
}

// ignored tells whether a name is that of a hidden file or of an editor's copy.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") ||
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#")
}
