// Package netrc looks up the logins that a user keeps for web servers in a
// .netrc file, as curl does.
package netrc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Login is what to log in with.
type Login struct{ User, Password string }

// For gives the login for a host, without a port, from the file that the
// environment variable NETRC names, or else from ~/.netrc. A user picks among
// the logins of the host; "" takes the first. No file is no login.
func For(host, user string) (login Login, ok bool, err error) {
	name := os.Getenv("NETRC")
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return Login{}, false, nil // no home, no file
		}
		name = filepath.Join(home, ".netrc")
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Login{}, false, nil
	}
	if err != nil {
		return Login{}, false, fmt.Errorf("reading logins: %w", err)
	}
	login, ok = find(string(text), host, user)
	return login, ok, nil
}

// find is the first entry for the host, or the default one.
func find(text, host, user string) (Login, bool) {
	var found Login
	mine := false // the entry is one for the host
	fits := func() bool { return mine && found.Password != "" && (user == "" || user == found.User) }
	words := tokens(text)
	for i := 0; i < len(words); i++ {
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch words[i] {
		case "machine", "default":
			if fits() {
				return found, true
			}
			mine, found = words[i] == "default" || strings.EqualFold(next, host), Login{}
			if words[i] == "default" {
				continue
			}
		case "login":
			found.User = next
		case "password":
			found.Password = next
		case "account":
		default:
			continue
		}
		i++
	}
	return found, fits()
}

// tokens splits a file into words; comments and macros are left out. A word in
// quotes may have spaces, and \" \\ \n \r \t.
func tokens(text string) []string {
	var all []string
	macro := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if macro = macro && line != ""; macro || strings.HasPrefix(line, "#") {
			continue
		}
		for line != "" {
			var word string
			word, line = cut(line)
			if word == "macdef" {
				macro = true // to the next empty line
				break
			}
			all = append(all, word)
		}
	}
	return all
}

// cut takes one word off a line that has no space in front.
func cut(line string) (word, rest string) {
	if line[0] != '"' {
		if i := strings.IndexAny(line, " \t"); i >= 0 {
			return line[:i], strings.TrimLeft(line[i:], " \t")
		}
		return line, ""
	}
	var out strings.Builder
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == '"':
			return out.String(), strings.TrimLeft(line[i+1:], " \t")
		case c == '\\' && i+1 < len(line):
			i++
			out.WriteString(strings.NewReplacer("n", "\n", "r", "\r", "t", "\t").Replace(line[i : i+1]))
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), ""
}
