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
		return nil, fmt.Errorf("%w: it writes to this machine", provisioners.ErrUnnamed)
	}
	if f.Content != nil {
		return nil, nil
	}
	for _, s := range f.sources() {
		if _, err := os.Stat(s); f.Generated && err != nil {
			return nil, fmt.Errorf("%w: the build has yet to make %s", provisioners.ErrUnnamed, s)
		}
	}
	return f.sources(), nil
}
