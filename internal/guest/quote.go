package guest

import "strings"

// Quote makes s one word of a POSIX shell.
func Quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./:=,@%+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Script makes a POSIX shell script one command line, whatever the login shell
// is; args are its $1, $2 and so on.
func Script(script string, args ...string) string {
	line := "sh -c " + Quote(script) + " sh"
	for _, a := range args {
		line += " " + Quote(a)
	}
	return line
}
