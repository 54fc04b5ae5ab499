package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Forget removes the files of these patterns that were not changed for that
// long. Others may do the same at the same time.
func Forget(age time.Duration, patterns ...string) error {
	var errs []error
	for _, pattern := range patterns {
		all, err := filepath.Glob(pattern)
		errs = append(errs, err)
		for _, path := range all {
			if info, gone := os.Stat(path); gone == nil && time.Since(info.ModTime()) > age {
				if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
					errs = append(errs, err)
				}
			}
		}
	}
	return errors.Join(errs...)
}
