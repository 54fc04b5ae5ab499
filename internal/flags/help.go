package flags

import (
	"flag"
	"fmt"
	"strings"
)

// Help explains a command: what it takes, what it is for, and its flags.
func Help(command, args, about string, fs *flag.FlagSet) string {
	var b strings.Builder
	list := Usage(fs)
	b.WriteString("Usage: " + command)
	if list != "" {
		b.WriteString(" [FLAGS]")
	}
	if args != "" {
		b.WriteString(" " + args)
	}
	fmt.Fprintf(&b, "\n\n%s\n", strings.ToUpper(about[:1])+about[1:]+".")
	if list != "" {
		b.WriteString("\n" + list)
	}
	return strings.TrimRight(b.String(), "\n")
}
