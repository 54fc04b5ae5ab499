// Package sshlogin writes down how a guest is entered, for the OpenSSH programs
// of this machine.
package sshlogin

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// Login is how a guest is entered.
type Login struct {
	Host       string
	Port       string
	User       string
	Password   string   // "" for none
	PrivateKey string   // PEM, "" for none
	HostKeys   []string // as in authorized_keys; nil accepts any
}

// Of is the login of the build's guest: the values of build.*, by name, and
// the keys that g was known by.
func Of(vars map[string]string, g guest.Guest) Login {
	l := Login{
		Host: vars["Host"], Port: vars["Port"], User: vars["User"],
		Password: vars["Password"], PrivateKey: vars["SSHPrivateKey"],
	}
	if p, ok := g.(guest.Pinned); ok {
		l.HostKeys = p.HostKeys()
	}
	return l
}

// Files are what OpenSSH reads; "" is a file that is not needed.
type Files struct {
	Login
	KeyFile      string // private key
	KnownFile    string // known hosts
	PasswordFile string // the password, a line
}

// Write writes the files of a login, mode 0600, in a private directory.
func Write(dir string, l Login) (Files, error) {
	f := Files{Login: l}
	var known []string
	for _, k := range l.HostKeys {
		known = append(known, hostAlias+" "+k+"\n")
	}
	files := []struct {
		path       *string
		name, text string
	}{
		{&f.KeyFile, "key", l.PrivateKey},
		{&f.KnownFile, "known_hosts", strings.Join(known, "")},
		{&f.PasswordFile, "password", l.Password},
	}
	var errs []error
	for _, file := range files {
		if file.text == "" {
			continue
		}
		*file.path = filepath.Join(dir, file.name)
		if !strings.HasSuffix(file.text, "\n") {
			file.text += "\n" // OpenSSH does not read a key without it
		}
		errs = append(errs, os.WriteFile(*file.path, []byte(file.text), 0o600))
	}
	if err := errors.Join(errs...); err != nil {
		return f, fmt.Errorf("writing the login for ssh: %w", err)
	}
	return f, nil
}

// hostAlias is the guest's name among the known hosts: its address is also that
// of other machines, before and after.
const hostAlias = "ovenbird-guest"

// Options are the arguments that let ssh accept the guest, and nobody else if
// its key is known. The keys of an agent are not offered beside the one we
// have: a server refuses after a few.
func (f Files) Options() []string {
	var all []string
	if f.KeyFile != "" {
		all = options("IdentitiesOnly=yes")
	}
	if f.KnownFile == "" {
		return append(all, options("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")...)
	}
	return append(all, options("StrictHostKeyChecking=yes", "UserKnownHostsFile="+f.KnownFile, "GlobalKnownHostsFile=/dev/null", "HostKeyAlias="+hostAlias)...)
}

func options(all ...string) []string {
	var args []string
	for _, o := range all {
		args = append(args, "-o", o)
	}
	return args
}

// Command is the command line that a person uses to log in.
func (f Files) Command() string {
	words := append([]string{"ssh", "-p", f.Port}, f.Options()...)
	if f.KeyFile != "" {
		words = append(words, "-i", f.KeyFile)
	}
	words = append(words, f.User+"@"+f.Host)
	for i, w := range words {
		words[i] = guest.Quote(w)
	}
	return strings.Join(words, " ")
}
