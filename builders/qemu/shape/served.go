package shape

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

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
	linked, err := linked(m.HTTP.HTTPDirectory, map[string]bool{})
	var served []stepkey.Fact
	if err == nil {
		served, err = stepkey.Files(r.Hider, append([]string{m.HTTP.HTTPDirectory}, linked...)...)
	}
	if err != nil {
		return nil, fmt.Errorf("http_directory: %w", err)
	}
	return append(facts, served...), nil
}

// linked are the links below a folder, and below the folders that they lead to:
// the server follows them.
func linked(root string, seen map[string]bool) (links []string, err error) {
	real, err := filepath.EvalSymlinks(root)
	if err != nil || seen[real] {
		return nil, err
	}
	seen[real] = true
	// The trailing slash makes WalkDir enter a root that is a link.
	err = filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Type()&fs.ModeSymlink == 0 {
			return err
		}
		info, err := os.Stat(path)
		switch {
		case err != nil: // it leads nowhere
			return nil //nolint:nilerr // and so nothing is served
		case info.IsDir():
			deeper, err := linked(path, seen)
			links = append(append(links, path), deeper...)
			return err
		case info.Mode().IsRegular():
			links = append(links, path)
		}
		return nil
	})
	return links, err
}
