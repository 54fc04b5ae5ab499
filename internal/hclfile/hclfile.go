// Package hclfile reads HCL files and says what is wrong with them.
package hclfile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"

	"github.com/ovenbird-io/ovenbird/internal/frugal"
)

// maxFile is how many bytes a file may have: parsed, it takes a hundred times that.
const maxFile = 1 << 20

// Parse parses one file, as HCL or, if its name ends in .json, as HCL's JSON
// form. A file that can be read but not parsed is returned, too: diagnostics
// show excerpts of it. The expressions of its body count what they do.
func Parse(name string) (*hcl.File, hcl.Diagnostics) {
	src, err := read(name)
	if err != nil {
		return nil, hcl.Diagnostics{Error(nil, "Unreadable file", fmt.Sprintf("%s cannot be read: %s.", name, Reason(err)))}
	}
	check, parse := frugal.Config, func(src []byte, name string) (*hcl.File, hcl.Diagnostics) {
		return hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	}
	if strings.HasSuffix(name, ".json") {
		check, parse = frugal.JSON, json.Parse
	}
	if diags := check(src, name); diags.HasErrors() {
		return &hcl.File{Bytes: src, Body: hcl.EmptyBody()}, diags
	}
	f, diags := parse(src, name)
	if f == nil || f.Body == nil {
		return &hcl.File{Bytes: src, Body: hcl.EmptyBody()}, syntax(diags)
	}
	f.Body = frugal.Body(f.Body, frugal.New())
	return f, syntax(diags)
}

// read reads a file, which may be a pipe.
func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(src) > maxFile {
		err = fmt.Errorf("it has more than %d MiB", maxFile>>20)
	}
	return src, err
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
