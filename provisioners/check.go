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

// CheckPlaybooks reports what is wrong with the options playbook_file and
// playbook_files, one of which names local files.
func CheckPlaybooks(file string, files []string) error {
	var choice error
	switch {
	case file != "" && len(files) > 0:
		choice = option.Bad("playbook_files", "Either playbook_file or playbook_files; put them all in playbook_files.")
	case file == "" && len(files) == 0:
		choice = option.Bad("playbook_file", "It is required; name the playbook to run.")
	}
	return errors.Join(choice, CheckFile("playbook_file", file), CheckFile("playbook_files", files...))
}
