package file

import (
	"os"

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
	for _, s := range f.sources() {
		if _, err := os.Stat(s); f.Generated && err != nil {
			return nil, stepkey.Unnamed("the build has yet to make " + s)
		}
	}
	return f.sources(), nil
}
