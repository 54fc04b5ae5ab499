package hclfmt

import (
	"bytes"
	"fmt"
	"os"

	"github.com/hashicorp/hcl/v2"
)

// Options say what to do with files that are not in the usual layout.
type Options struct {
	Recursive bool // take those in folders below, too
	Write     bool // rewrite them
}

// File is one file that is not in the usual layout.
type File struct {
	Name          string
	Before, After []byte
}

// Fault is one file that cannot be formatted.
type Fault struct {
	Name  string
	Text  []byte          // what is in it
	Diags hcl.Diagnostics // why it cannot be parsed
}

func (f *Fault) Error() string { return fmt.Sprintf("%s: %s", f.Name, f.Diags.Error()) }

// Run formats what the paths mean and returns the files that were not in the
// usual layout. What is wrong with one file keeps no other from it; a file that
// cannot be parsed is a *Fault.
func Run(paths []string, o Options) (changed []File, errs []error) {
	names, errs := Files(paths, o.Recursive)
	for _, name := range names {
		f, err := one(name, o.Write)
		if err != nil {
			errs = append(errs, err)
		}
		if f != nil {
			changed = append(changed, *f)
		}
	}
	return changed, errs
}

func one(name string, write bool) (*File, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	after, diags := Source(name, src)
	if diags.HasErrors() {
		return nil, &Fault{name, src, diags}
	}
	if bytes.Equal(src, after) {
		return nil, nil //nolint:nilnil // nothing to change
	}
	if write {
		// The mode only matters for a file that vanished meanwhile.
		if err := os.WriteFile(name, after, 0o644); err != nil {
			return nil, err
		}
	}
	return &File{name, src, after}, nil
}
