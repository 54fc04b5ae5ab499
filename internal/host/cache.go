package host

import (
	"errors"
	"fmt"
	"path/filepath"
)

// CacheDir is where downloads are kept, absolute.
func CacheDir(getenv func(string) string) (string, error) {
	for _, name := range []string{"OVENBIRD_CACHE_DIR", "PACKER_CACHE_DIR"} {
		if dir := getenv(name); dir != "" {
			abs, err := filepath.Abs(dir)
			if err != nil {
				return "", fmt.Errorf("%s=%s: %w", name, dir, err)
			}
			return abs, nil
		}
	}
	if dir := getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ovenbird"), nil
	}
	if dir := getenv("HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, ".cache", "ovenbird"), nil
	}
	return "", errors.New("there is no home folder to keep downloads in; set OVENBIRD_CACHE_DIR")
}
