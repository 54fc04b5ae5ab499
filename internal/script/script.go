// Package script holds what the shell-like components share: where scripts
// come from, and the variables they see.
package script

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options are embedded by shell-like components with `hcl:",remain"`.
type Options struct {
	// Commands to run, joined by newlines into one script, so that a variable
	// or a cd lasts from one to the next.
	Inline []string `hcl:"inline,optional"`
	// Local script to run, relative to the working directory.
	Script string `hcl:"script,optional"`
	// Local scripts to run one after the other, relative to the working
	// directory.
	Scripts []string `hcl:"scripts,optional"`
	// Exit statuses that count as success. Default [0].
	ValidExitCodes []int `hcl:"valid_exit_codes,optional"`
	// Variables for the script, each as "NAME=value".
	EnvironmentVars []string `hcl:"environment_vars,optional"`
	// Variables for the script; they win over environment_vars.
	Env map[string]string `hcl:"env,optional"`
	// How one variable is written: a format with two %s, for the name and the
	// value. Default "%s='%s' ", or "export %s='%s'\n" in a file of variables.
	EnvVarFormat string `hcl:"env_var_format,optional"`
}

// Source is one script.
type Source struct {
	Name string // for messages: the path as typed, or "inline script"
	Path string // local file, "" when Text is all
	Text string
}

// Read gives the text of the script.
func (s Source) Read() ([]byte, error) {
	if s.Path == "" {
		return []byte(s.Text), nil
	}
	data, err := os.ReadFile(s.Path)
	if err != nil {
		return nil, fmt.Errorf("reading a script: %w", err)
	}
	return data, nil
}

// Sources lists the scripts in the order they run; an inline one has no
// shebang line yet.
func (o *Options) Sources() []Source {
	var all []Source
	if len(o.Inline) > 0 {
		all = append(all, Source{Name: "inline script", Text: strings.Join(o.Inline, "\n") + "\n"})
	}
	for _, p := range o.Files() {
		all = append(all, Source{Name: p, Path: p})
	}
	return all
}

// Files are the local scripts, in the order they run.
func (o *Options) Files() []string {
	if o.Script != "" {
		return append([]string{o.Script}, o.Scripts...)
	}
	return o.Scripts
}

// Problems checks the options.
func (o *Options) Problems() []error {
	var errs []error
	switch {
	case o.Script != "" && len(o.Scripts) > 0:
		errs = append(errs, option.Bad("script", "Either script or scripts; put them all in scripts."))
	case len(o.Inline) > 0 && len(o.Files()) > 0:
		errs = append(errs, option.Bad("inline", "Either inline or script(s); use two provisioners to have both."))
	case len(o.Inline) == 0 && len(o.Files()) == 0:
		errs = append(errs, option.Bad("", "Nothing to run; set inline, script or scripts."))
	}
	name := "scripts"
	if o.Script != "" {
		name = "script"
	}
	for _, p := range o.Files() {
		if info, err := os.Stat(p); err != nil {
			errs = append(errs, option.Bad(name, "%s; paths are relative to the working directory.", reason(p, err)))
		} else if info.IsDir() {
			errs = append(errs, option.Bad(name, "%s is a directory; name the scripts in it, for example with fileset().", p))
		}
	}
	for _, v := range o.EnvironmentVars {
		if k, _, ok := strings.Cut(v, "="); !ok || k == "" {
			errs = append(errs, option.Bad("environment_vars", "%q is no variable; write \"NAME=value\".", v))
		}
	}
	if _, ok := o.Env[""]; ok {
		errs = append(errs, option.Bad("env", "A variable has an empty name."))
	}
	if f := o.EnvVarFormat; f != "" && strings.Count(strings.ReplaceAll(f, "%%", ""), "%s") != 2 {
		errs = append(errs, option.Bad("env_var_format", "%q must have two %%s, for the name and the value.", f))
	}
	for _, code := range o.ValidExitCodes {
		if (code < 0 || code > 255) && code != Disconnected {
			errs = append(errs, option.Bad("valid_exit_codes", "%d is no exit status; use 0 to 255.", code))
		}
	}
	return errs
}

// Disconnected is what Packer calls the exit status of a script that took the
// connection down; templates name it in valid_exit_codes.
const Disconnected = 2300218

func reason(p string, err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return p + " does not exist"
	}
	return err.Error()
}

// Accepts tells whether an exit status counts as success.
func (o *Options) Accepts(status int) bool {
	if len(o.ValidExitCodes) == 0 {
		return status == 0
	}
	return slices.Contains(o.ValidExitCodes, status)
}

// Accepted lists the statuses that count as success.
func (o *Options) Accepted() []int {
	if len(o.ValidExitCodes) == 0 {
		return []int{0}
	}
	return o.ValidExitCodes
}

// Build is what scripts are told of the build; empty values are left out.
type Build struct {
	Name, Type                 string
	HTTPIP, HTTPPort, HTTPAddr string
}

// Vars writes the variables in the format (that of the options if set),
// sorted by name: those of the build, then the user's, which win.
func (o *Options) Vars(format string, b Build) string {
	return o.VarsWith(format, b, func(s string) string { return strings.ReplaceAll(s, "'", `'"'"'`) })
}

// VarsWith is Vars for another shell, with its own way to escape a value.
func (o *Options) VarsWith(format string, b Build, escape func(string) string) string {
	vars := map[string]string{
		"PACKER_BUILD_NAME": b.Name, "PACKER_BUILDER_TYPE": b.Type,
		"PACKER_HTTP_IP": b.HTTPIP, "PACKER_HTTP_PORT": b.HTTPPort, "PACKER_HTTP_ADDR": b.HTTPAddr,
	}
	maps.DeleteFunc(vars, func(_, value string) bool { return value == "" })
	for _, v := range o.EnvironmentVars {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}
	maps.Copy(vars, o.Env)
	if o.EnvVarFormat != "" {
		format = o.EnvVarFormat
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		fmt.Fprintf(&text, format, name, escape(vars[name]))
	}
	return text.String()
}

// Data is what an execute_command can name: the values of the build and those
// of this command. Before there is a build its values are unknown.
func Data(build, values map[string]string) map[string]string {
	data := map[string]string{}
	if build == nil {
		for _, name := range gotmpl.BuildNames() {
			data[name] = gotmpl.Unknown
		}
	}
	maps.Copy(data, build)
	maps.Copy(data, values)
	return data
}
