package debootstrap

import (
	"bufio"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// entry is one apt source: one line of a sources.list or one combination of
// URI and suite of a deb822 stanza.
type entry struct {
	uri, suite string
	components []string
	signedBy   string // path of a keyring, "" for apt's own
}

// String is the entry as a line of a sources.list.
func (e entry) String() string {
	keys := ""
	if e.signedBy != "" {
		keys = "[signed-by=" + e.signedBy + "] "
	}
	return "deb " + keys + e.uri + " " + e.suite + " " + strings.Join(e.components, " ")
}

// isDebian tells Debian's own archive and its mirrors from the many others
// that use Debian's suite names: they are at debian.org, or end in "debian" or
// "debian-security", and have a component main.
func (e entry) isDebian() bool {
	scheme, rest, ok := strings.Cut(e.uri, "://")
	if !ok || scheme != "http" && scheme != "https" || !slices.Contains(e.components, "main") {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	last := path.Base(strings.TrimRight(rest, "/"))
	return strings.HasSuffix(host, ".debian.org") || last == "debian" || last == "debian-security"
}

// parts are the suites that make up a release: itself, its updates and its
// security fixes. Unstable and its like have only themselves.
func parts(suite string) (updates, security string) {
	switch suite {
	case "sid", "unstable", "experimental":
		return "", ""
	case "jessie", "stretch", "buster":
		return suite + "-updates", suite + "/updates"
	}
	return suite + "-updates", suite + "-security"
}

// hostSources reads the entries of /etc/apt (or etc, in tests) that a machine
// of this suite is made of. A missing file is no error: the list is empty then.
func hostSources(etc, suite string) ([]entry, error) {
	names, err := filepath.Glob(filepath.Join(etc, "sources.list.d", "*"))
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", etc, err)
	}
	updates, security := parts(suite)
	var found []entry
	for _, name := range append([]string{filepath.Join(etc, "sources.list")}, names...) {
		parse := parseList
		switch {
		case strings.HasSuffix(name, ".sources"):
			parse = parseDeb822
		case !strings.HasSuffix(name, ".list"):
			continue
		}
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading apt's sources: %w", err)
		}
		for _, e := range parse(string(text)) {
			if e.isDebian() && slices.Contains([]string{suite, updates, security}, e.suite) {
				found = append(found, e)
			}
		}
	}
	return found, nil
}

// parseList reads the one-line format: deb [option=value ...] uri suite component...
func parseList(text string) []entry {
	var all []entry
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		var e entry
		if options, after, ok := strings.Cut(rest, "]"); ok && strings.HasPrefix(strings.TrimSpace(options), "[") {
			for _, o := range strings.Fields(strings.TrimLeft(strings.TrimSpace(options), "[")) {
				if v, ok := strings.CutPrefix(o, "signed-by="); ok {
					e.signedBy = keyring(v)
				}
			}
			rest = after
		}
		words := strings.Fields(rest)
		if len(words) < 3 {
			continue
		}
		e.uri, e.suite, e.components = words[0], words[1], words[2:]
		all = append(all, e)
	}
	return all
}

// parseDeb822 reads stanzas of "Field: value" lines; each combination of a URI
// and a suite is an entry.
func parseDeb822(text string) []entry {
	var all []entry
	for _, stanza := range strings.Split(withoutComments(text), "\n\n") {
		f := fields(stanza)
		if !slices.Contains(strings.Fields(f["types"]), "deb") || strings.EqualFold(f["enabled"], "no") {
			continue
		}
		for _, uri := range strings.Fields(f["uris"]) {
			for _, suite := range strings.Fields(f["suites"]) {
				all = append(all, entry{uri, suite, strings.Fields(f["components"]), keyring(f["signed-by"])})
			}
		}
	}
	return all
}

func withoutComments(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r", ""), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, "#") })
	for i, l := range lines {
		if strings.TrimSpace(l) == "" {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

func fields(stanza string) map[string]string {
	f := map[string]string{}
	last := ""
	for _, line := range strings.Split(stanza, "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			f[last] += "\n" + strings.TrimSpace(line)
			continue
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			last = strings.ToLower(strings.TrimSpace(name))
			f[last] = strings.TrimSpace(value)
		}
	}
	return f
}

// keyring is a Signed-By that names a file. Fingerprints and keys in the text
// itself count as none: Debian's own keys are known anyway.
func keyring(signedBy string) string {
	if strings.HasPrefix(signedBy, "/") && !strings.ContainsAny(signedBy, " \n,") {
		return signedBy
	}
	return ""
}
