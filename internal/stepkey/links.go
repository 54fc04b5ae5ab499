package stepkey

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Links are the links below a folder, and below the folders that they lead to,
// that lead somewhere: for steps that follow them.
func Links(folder string) ([]string, error) { return links(folder, map[string]bool{}) }

func links(root string, seen map[string]bool) (all []string, err error) {
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
		case err != nil:
			return nil //nolint:nilerr // it leads nowhere
		case info.IsDir():
			deeper, err := links(path, seen)
			all = append(append(all, path), deeper...)
			return err
		case info.Mode().IsRegular():
			all = append(all, path)
		}
		return nil
	})
	return all, err
}
