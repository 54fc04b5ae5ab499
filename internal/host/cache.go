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

// StateDir is where things are kept that outlive a run and that nobody can make
// again, absolute.
func StateDir(getenv func(string) string) (string, error) {
	if dir := getenv("OVENBIRD_STATE_DIR"); dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", fmt.Errorf("OVENBIRD_STATE_DIR=%s: %w", dir, err)
		}
		return abs, nil
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ovenbird"), nil
	}
	if dir := getenv("HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, ".local", "state", "ovenbird"), nil
	}
	return "", errors.New("there is no home folder to keep the journal in; set OVENBIRD_STATE_DIR")
}
