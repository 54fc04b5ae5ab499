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

// Overview lists the commands of a program, each a name and what it is for.
func Overview(program, about string, commands [][2]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s COMMAND [FLAGS] [TEMPLATE]\n\n%s\n\n", program, about)
	for _, c := range commands {
		fmt.Fprintf(&b, "  %-13s %s\n", c[0], c[1])
	}
	fmt.Fprintf(&b, "\n\"%s help COMMAND\" lists the flags of a command. With -machine-readable every\ncommand writes to stdout what Packer's tools read.\n", program)
	return b.String()
}
