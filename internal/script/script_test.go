package script_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/script"
)

func TestVars(t *testing.T) {
	build := script.Build{Name: "debian", Type: "qemu"}
	tests := map[string]struct {
		options script.Options
		build   script.Build
		format  string
		want    string
	}{
		"of the build": {build: build, format: "%s='%s' ", want: "PACKER_BUILDER_TYPE='qemu' PACKER_BUILD_NAME='debian' "},
		"with a server": {
			build:  script.Build{HTTPIP: "10.0.2.2", HTTPPort: "0", HTTPAddr: "10.0.2.2:0"},
			format: "%s=%s ", want: "PACKER_HTTP_ADDR=10.0.2.2:0 PACKER_HTTP_IP=10.0.2.2 PACKER_HTTP_PORT=0 ",
		},
		"env wins over environment_vars, both over the build": {
			options: script.Options{EnvironmentVars: []string{"A=1", "PACKER_BUILD_NAME=mine"}, Env: map[string]string{"A": "2"}},
			build:   build, format: "%s='%s' ", want: "A='2' PACKER_BUILDER_TYPE='qemu' PACKER_BUILD_NAME='mine' ",
		},
		"quotes":          {options: script.Options{Env: map[string]string{"A": "it's"}}, format: "%s='%s'", want: `A='it'"'"'s'`},
		"an equals sign":  {options: script.Options{EnvironmentVars: []string{"A=b=c"}}, format: "%s=%s", want: "A=b=c"},
		"empty value":     {options: script.Options{EnvironmentVars: []string{"A="}}, format: "%s=%s", want: "A="},
		"format, by user": {options: script.Options{EnvVarFormat: "export %s=\"%s\"\n", Env: map[string]string{"A": "1"}}, format: "%s=%s", want: "export A=\"1\"\n"},
	}
	for name, test := range tests {
		if got := test.options.Vars(test.format, test.build); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.sh")
	if err := os.WriteFile(file, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		options script.Options
		want    string // "name: text" of each
	}{
		"none":    {script.Options{}, ""},
		"inline":  {script.Options{Inline: []string{"a", "b"}}, "inline script: a\nb\n"},
		"script":  {script.Options{Script: file}, file + ": from a file"},
		"scripts": {script.Options{Scripts: []string{file, file}}, file + ": from a file|" + file + ": from a file"},
		"missing": {script.Options{Script: "/none"}, "/none: reading a script: open /none: no such file or directory"},
	}
	for name, test := range tests {
		var got []string
		for _, s := range test.options.Sources() {
			text, err := s.Read()
			if err != nil {
				text = []byte(err.Error())
			}
			got = append(got, s.Name+": "+string(text))
		}
		if strings.Join(got, "|") != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestAccepts(t *testing.T) {
	tests := []struct {
		codes  []int
		status int
		want   bool
	}{
		{nil, 0, true}, {nil, 1, false}, {[]int{0, 3}, 3, true}, {[]int{3}, 0, false},
	}
	for _, test := range tests {
		o := script.Options{ValidExitCodes: test.codes}
		if got := o.Accepts(test.status); got != test.want {
			t.Errorf("%v accepts %d: %t", test.codes, test.status, got)
		}
	}
}

func TestData(t *testing.T) {
	own := map[string]string{"Path": "/tmp/x"}
	if d := script.Data(nil, own); d["ID"] != gotmpl.Unknown || d["Path"] != "/tmp/x" {
		t.Errorf("before a build: %v", d)
	}
	if d := script.Data(map[string]string{"ID": "VM", "Path": "theirs"}, own); len(d) != 2 || d["ID"] != "VM" || d["Path"] != "/tmp/x" {
		t.Errorf("in a build: %v", d)
	}
}
