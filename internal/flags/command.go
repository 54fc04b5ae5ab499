package flags

import (
	"fmt"
	"os"
	"slices"
)

// NoCommand says that a program has no such command, and which one may have
// been meant: one of a similar name, or "build" when the name is a file's.
func NoCommand(program, name string, names []string) string {
	text := fmt.Sprintf("there is no command %q", name)
	if like := Nearest(name, names); like != "" {
		return text + fmt.Sprintf("; did you mean %q?", program+" "+like)
	}
	if _, err := os.Stat(name); err == nil {
		return text + fmt.Sprintf("; did you mean %q?", program+" build "+name)
	}
	return text
}

// Take takes a flag without a value out of the arguments, wherever it stands,
// also before the command.
func Take(args []string, name string) (rest []string, found bool) {
	rest = slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		return arg == "-"+name || arg == "--"+name
	})
	return rest, len(rest) < len(args)
}
