package shape

import (
	"fmt"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
	"github.com/ovenbird-io/ovenbird/internal/stepkey"
)

// servedFacts are the files that the guest can fetch from us.
func (m *Machine) servedFacts(r builders.Reader) ([]stepkey.Fact, error) {
	facts := stepkey.Options(&fileserver.HTTP{HTTPDirectory: m.HTTP.HTTPDirectory, HTTPContent: m.HTTP.HTTPContent}, r.Hider)
	if m.HTTP.HTTPDirectory == "" {
		return facts, nil
	}
	links, err := stepkey.Links(m.HTTP.HTTPDirectory) // the server follows them
	var served []stepkey.Fact
	if err == nil {
		served, err = stepkey.Files(r.Hider, append([]string{m.HTTP.HTTPDirectory}, links...)...)
	}
	if err != nil {
		return nil, fmt.Errorf("http_directory: %w", err)
	}
	return append(facts, served...), nil
}
