package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// Inputs are what is uploaded. A download writes to this machine, which no
// resumed guest does again.
func (f *File) Inputs() ([]string, error) {
	if f.Direction == "download" {
		return nil, stepkey.Unnamed("it writes to this machine")
	}
	if f.Content != nil {
		return nil, nil
	}
	paths := slices.Clone(f.sources())
	for i, s := range paths {
		if _, err := os.Stat(s); f.Generated && err != nil {
			return nil, stepkey.Unnamed("the build has yet to make " + s)
		}
		if name := filepath.Base(s); name != "." && name != ".." || strings.HasSuffix(s, "/") {
			continue
		}
		abs, err := filepath.Abs(s) // the guest sees what the folder is called
		if err != nil {
			return nil, fmt.Errorf("looking at %s: %w", s, err)
		}
		paths[i] = abs
	}
	return paths, nil
}
