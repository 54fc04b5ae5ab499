// Package gotmpl renders the {{ ... }} templates that string options of
// components may hold, next to HCL's own ${ ... }.
package gotmpl

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/google/uuid"
)

// Version is the version of the Packer template language implemented here,
// what required_version is compared with and packer_version returns.
const Version = "1.16.0"

// Funcs is what the functions of a template know. The zero value works; what
// is empty renders as an empty string.
type Funcs struct {
	BuildName   string            // {{ build_name }}: the source's name
	BuildType   string            // {{ build_type }}: the builder's type
	TemplateDir string            // {{ template_dir }}: the template's directory, as typed
	Start       time.Time         // of the run: {{ timestamp }}, {{ isotime }}; zero is now
	Vars        map[string]string // {{ build `ID` }} and others; nil before there is a machine
}

// Unknown stands for a value that exists only once a machine runs.
const Unknown = "<unknown>"

// Render renders text with data as its dot. Text without {{ comes back as it
// is. A name that data lacks is an error, never "<no value>".
func Render(text string, data any, env Funcs) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	if n := strings.Count(text, "{{"); n > maxActions {
		return "", fmt.Errorf("reading the template %q: it has more than %d actions", short(text), maxActions)
	}
	var m meter
	t, err := template.New("option").Option("missingkey=error").Funcs(m.functions(env.table())).Parse(text)
	if err == nil {
		err = m.watch(t)
	}
	if err != nil {
		return "", fmt.Errorf("reading the template %q: %w", short(text), plain(err))
	}
	var out limited
	if err := t.Execute(&out, data); err != nil {
		if _, name, nothing := strings.Cut(err.Error(), "nil data; no entry for key "); nothing {
			return "", &MissingError{Template: short(text), Name: strings.Trim(name, `"`), hint: "; values of the machine are written ${build.NAME}"}
		}
		if m := missing.FindStringSubmatch(err.Error()); m != nil {
			return "", &MissingError{Template: short(text), Name: m[1] + m[2], hint: others(data)}
		}
		return "", fmt.Errorf("rendering the template %q: %w", short(text), plain(err))
	}
	return out.String(), nil
}

// MissingError tells that a template uses a name that its data lacks.
type MissingError struct {
	Template string // its beginning
	Name     string
	hint     string
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("rendering the template %q: there is no value %q here%s", e.Template, e.Name, e.hint)
}

// missing is how text/template says that a map or a struct lacks a name.
var missing = regexp.MustCompile(`map has no entry for key "([^"]*)"|can't evaluate field (\w+) in type`)

// others tells the names that a template can use of data, a map or a struct.
func others(data any) string {
	var all []string
	switch v := reflect.ValueOf(data); v.Kind() {
	case reflect.Map:
		for _, key := range v.MapKeys() {
			all = append(all, key.String())
		}
	case reflect.Struct:
		for _, f := range reflect.VisibleFields(v.Type()) {
			all = append(all, f.Name)
		}
	}
	if len(all) == 0 {
		return ""
	}
	slices.Sort(all)
	return "; there are: " + strings.Join(all, ", ")
}

func (f Funcs) table() template.FuncMap {
	return template.FuncMap{
		"build_name":          func() string { return f.BuildName },
		"build_type":          func() string { return f.BuildType },
		"template_dir":        func() string { return f.TemplateDir },
		"packer_version":      func() string { return Version },
		"pwd":                 os.Getwd,
		"uuid":                uuid.NewString,
		"timestamp":           func() int64 { return f.start().Unix() },
		"isotime":             f.isotime,
		"strftime":            func(layout string) string { return Strftime(layout, f.start()) },
		"build":               f.build,
		"lower":               strings.ToLower,
		"upper":               strings.ToUpper,
		"replace":             replace,
		"replace_all":         replaceAll,
		"split":               split,
		"clean_resource_name": cleanName,
		"user":                refuse("user works only in JSON templates; write ${var.NAME}"),
		"env":                 refuse("env works only in the default of a variable: default = env(\"NAME\")"),
		"sed":                 refuse("sed was removed; use replace_all, or HCL's regex_replace()"),
		"consul_key":          refuse(noClient("consul_key", "Consul")),
		"vault":               refuse(noClient("vault", "Vault")),
		"aws_secretsmanager":  refuse("aws_secretsmanager is a function of HCL: write ${aws_secretsmanager(\"NAME\", \"KEY\")}"),
		"aws_secretsmanager_raw": refuse(
			"aws_secretsmanager_raw is a function of HCL: write ${aws_secretsmanager_raw(\"NAME\")}"),
	}
}

func noClient(name, what string) string {
	return name + " needs a client for " + what + ", which is not built in yet; declare a variable with sensitive = true, " +
		"write ${var.x} here, and set PKR_VAR_x in the environment"
}

func (f Funcs) start() time.Time {
	if f.Start.IsZero() {
		return time.Now().UTC()
	}
	return f.Start.UTC()
}

func (f Funcs) isotime(layout ...string) (string, error) {
	switch len(layout) {
	case 0:
		return f.start().Format(time.RFC3339), nil
	case 1:
		return f.start().Format(layout[0]), nil
	}
	return "", fmt.Errorf("isotime takes one layout, not %d", len(layout))
}

// BuildNames are what {{ build `NAME` }} can name: the values of any machine,
// then those of EC2's.
func BuildNames() []string {
	return []string{
		"ID", "Host", "Port", "User", "Password", "ConnType", "WinRMPassword", "SSHPublicKey", "SSHPrivateKey",
		"PackerRunUUID", "PackerHTTPIP", "PackerHTTPPort", "PackerHTTPAddr", "SourceImageName",
		"BuildRegion", "SourceAMI", "SourceAMIName", "SourceAMIOwner", "SourceAMIOwnerName", "SourceAMICreationDate",
	}
}

func (f Funcs) build(name string) (string, error) {
	names := BuildNames()
	if f.Vars != nil {
		names = slices.Sorted(maps.Keys(f.Vars))
	}
	switch {
	case !slices.Contains(names, name):
		return "", fmt.Errorf("the build has no value %q; there are: %s", name, strings.Join(names, ", "))
	case f.Vars == nil:
		return Unknown, nil
	}
	return f.Vars[name], nil
}

func split(s, sep string, n int) (string, error) {
	if strings.Count(s, sep) > maxSteps {
		return "", fmt.Errorf("split: the text has more than %d parts", maxSteps)
	}
	parts := strings.Split(s, sep)
	if n < 0 || n >= len(parts) {
		return "", fmt.Errorf("split: %q has no part %d, only 0 to %d", s, n, len(parts)-1)
	}
	return parts[n], nil
}

// cleanName replaces what EC2 does not take in the name of an image.
func cleanName(s string) string {
	return strings.Map(func(r rune) rune {
		alnum := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if alnum || strings.ContainsRune("()[] ./-'@_", r) {
			return r
		}
		return '-'
	}, s)
}

func refuse(why string) func(...any) (string, error) {
	return func(...any) (string, error) { return "", errors.New(why) }
}

// plain drops the position that text/template puts before its messages: an
// option is a line or two, and the diagnostic already points at it.
func plain(err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, ">: "); i >= 0 {
		text = text[i+3:]
	} else if rest, ok := strings.CutPrefix(text, "template: option:"); ok {
		if _, after, found := strings.Cut(rest, ": "); found {
			text = after
		}
	}
	if i := strings.Index(text, "error calling "); i >= 0 {
		if _, after, found := strings.Cut(text[i:], ": "); found {
			text = after
		}
	}
	return errors.New(text)
}

func short(text string) string {
	if r := []rune(text); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return text
}
