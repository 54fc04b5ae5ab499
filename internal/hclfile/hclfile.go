// Package hclfile reads HCL files and says what is wrong with them.
package hclfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
)

// Parse parses one file, as HCL or, if its name ends in .json, as HCL's JSON
// form. A file that can be read but not parsed is returned, too: diagnostics
// show excerpts of it.
func Parse(name string) (*hcl.File, hcl.Diagnostics) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, hcl.Diagnostics{Error(nil, "Unreadable file", fmt.Sprintf("%s cannot be read: %s.", name, Reason(err)))}
	}
	var f *hcl.File
	var diags hcl.Diagnostics
	if strings.HasSuffix(name, ".json") {
		f, diags = json.Parse(src, name)
	} else {
		f, diags = hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}
	if f == nil || f.Body == nil {
		f = &hcl.File{Bytes: src, Body: hcl.EmptyBody()}
	}
	return f, syntax(diags)
}

// List lists the files of dir whose names have one of the endings: first those
// in HCL, then those in JSON, each in the order of their names.
func List(dir string, endings ...string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // a directory that cannot be read has no such file; callers report that
	}
	var names []string
	for _, form := range []string{".hcl", ".json"} {
		for _, e := range entries {
			if !e.IsDir() && HasEnding(e.Name(), endings...) && strings.HasSuffix(e.Name(), form) {
				names = append(names, filepath.Join(dir, e.Name()))
			}
		}
	}
	return names
}

// HasEnding tells whether name ends in one of the endings.
func HasEnding(name string, endings ...string) bool {
	for _, ending := range endings {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// Reason is what the system said, without the operation and the path.
func Reason(err error) string {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
