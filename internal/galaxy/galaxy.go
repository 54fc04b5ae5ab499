// Package galaxy makes the command lines that install what a requirements file
// of Ansible Galaxy lists.
package galaxy

import "regexp"

// Install says what to install, and where to.
type Install struct {
	File        string // the requirements file, as the program finds it
	Roles       string // directory for roles, "" for Ansible's own
	Collections string // directory for collections, "" for Ansible's own
	Force       bool   // also what is there already
	ForceDeps   bool   // the same, with what it depends on
}

var (
	collections = regexp.MustCompile(`(?m)^["']?collections["']?\s*:`)
	roles       = regexp.MustCompile(`(?m)^["']?roles["']?\s*:`)
)

// Commands are the arguments of ansible-galaxy, one run for roles and one for
// collections, as far as the text of the requirements file has them. A file
// that is only a list has roles.
func (i Install) Commands(text string) [][]string {
	var all [][]string
	if !collections.MatchString(text) || roles.MatchString(text) {
		all = append(all, i.args("role", i.Roles))
	}
	if collections.MatchString(text) {
		all = append(all, i.args("collection", i.Collections))
	}
	return all
}

func (i Install) args(what, where string) []string {
	args := []string{what, "install", "-r", i.File}
	if where != "" {
		args = append(args, "-p", where)
	}
	switch {
	case i.ForceDeps:
		args = append(args, "--force-with-deps")
	case i.Force:
		args = append(args, "--force")
	}
	return args
}
