package flags

import (
	"fmt"
	"os"
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
