package seed

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Tree lists the files of cd_files and cd_content. Each pattern is a path or a
// glob: a file goes to the root of the CD; a folder keeps its name, unless the
// pattern ends in "/", then only its contents go there. Content, a map of names
// in the CD to text, comes last and wins.
func Tree(patterns []string, content map[string]string) ([]File, error) {
	var files []File
	for _, p := range patterns {
		found, err := match(p)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if files, err = collect(files, m, strings.HasSuffix(p, "/")); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(content)) {
		files = append(files, File{Name: strings.TrimLeft(name, "/"), Content: []byte(content[name])})
	}
	return files, nil
}

// Check reports the first of the patterns that stands for nothing.
func Check(patterns []string) error {
	for _, p := range patterns {
		if _, err := match(p); err != nil {
			return err
		}
	}
	return nil
}

// match expands one pattern; a path that exists is taken as it is, whatever
// brackets are in its name.
func match(pattern string) ([]string, error) {
	if _, err := os.Stat(pattern); err == nil {
		return []string{filepath.Clean(pattern)}, nil
	}
	found, err := filepath.Glob(strings.TrimRight(pattern, "/"))
	if err != nil {
		return nil, fmt.Errorf("reading pattern %q: %w", pattern, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nothing matches %q: %w", pattern, fs.ErrNotExist)
	}
	return found, nil
}

// collect appends one file, or a folder's files below its name.
func collect(files []File, root string, contentsOnly bool) ([]File, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return append(files, File{Name: filepath.Base(root), Path: root}), nil
	}
	top, err := folderName(root, contentsOnly)
	if err != nil {
		return nil, err
	}
	// The trailing slash makes WalkDir enter a root that is a link.
	err = filepath.WalkDir(root+string(filepath.Separator), func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file: only files and folders go on a CD", p)
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		files = append(files, File{Name: path.Join(top, filepath.ToSlash(rel)), Path: p})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading folder %s: %w", root, err)
	}
	return files, nil
}

func folderName(root string, contentsOnly bool) (string, error) {
	if contentsOnly {
		return "", nil
	}
	abs, err := filepath.Abs(root) // "." has a name too
	if err != nil {
		return "", err
	}
	return filepath.Base(abs), nil
}
