package file

import (
	"fmt"
	"os"

	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Inputs are what is uploaded. A download writes to this machine, which no
// resumed guest does again.
func (f *File) Inputs() ([]string, error) {
	if f.Direction == "download" {
		return nil, fmt.Errorf("it writes to this machine: %w", provisioners.ErrUnnamed)
	}
	if f.Content != nil {
		return nil, nil
	}
	for _, s := range f.sources() {
		if _, err := os.Stat(s); f.Generated && err != nil {
			return nil, fmt.Errorf("the build has yet to make %s: %w", s, provisioners.ErrUnnamed)
		}
	}
	return f.sources(), nil
}
