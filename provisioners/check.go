package provisioners

import (
	"errors"
	"io/fs"
	"os"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// CheckFile reports each of the option's paths that is no local file; "" is an
// option that is not set.
func CheckFile(name string, paths ...string) error { return check(name, false, paths) }

// CheckDirectory reports each of the option's paths that is no local
// directory; "" is an option that is not set.
func CheckDirectory(name string, paths ...string) error { return check(name, true, paths) }

func check(name string, directory bool, paths []string) error {
	var errs []error
	for _, p := range paths {
		if p == "" {
			continue
		}
		info, err := os.Stat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			errs = append(errs, option.Bad(name, "%s does not exist; paths are relative to the working directory.", p))
		case err != nil:
			errs = append(errs, option.Bad(name, "%s.", err))
		case info.IsDir() && !directory:
			errs = append(errs, option.Bad(name, "%s is a directory; name a file.", p))
		case !info.IsDir() && directory:
			errs = append(errs, option.Bad(name, "%s is a file; name its directory.", p))
		}
	}
	return errors.Join(errs...)
}
