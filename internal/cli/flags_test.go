package cli

import (
	"errors"
	"flag"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func commandNamed(t *testing.T, name string) command {
	t.Helper()
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no command %q", name)
	}
	return commands()[i]
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		args string
		want options
		pos  string
	}{
		{"t", options{onError: "cleanup"}, "t"},
		{"-only=a,b -only c, -except x t", options{onError: "cleanup", only: []string{"a", "b", "c"}, except: []string{"x"}}, "t"},
		{"t -force", options{onError: "cleanup", force: true}, "t"},
		{"-force t -var a=1 -var=b=2=3", options{onError: "cleanup", force: true, vars: []string{"a=1", "b=2=3"}}, "t"},
		{"--var-file f --var-file=g t", options{onError: "cleanup", varFiles: []string{"f", "g"}}, "t"},
		{"-color=false -json -timestamp-ui t", options{onError: "cleanup", noColor: true, json: true, timestamps: true}, "t"},
		{"-color t", options{onError: "cleanup"}, "t"},
		{"-parallel-builds=3 -on-error abort t", options{onError: "abort", parallel: 3}, "t"},
		{"-debug=false -skip-enforcement -ignore-prerelease-plugins t", options{onError: "cleanup"}, "t"},
		{"-warn-on-undeclared-var -require-accel -- -t", options{onError: "cleanup", warnUndeclared: true, requireAccel: true}, "-t"},
		{"-config-type=hcl2 t", options{onError: "cleanup"}, "t"},
		{"-force=false t", options{onError: "cleanup"}, "t"},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := &run{command: commandNamed(t, "build")}
			if err := r.parse(strings.Fields(c.args)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(r.options, c.want) || !slices.Equal(r.args, []string{c.pos}) {
				t.Errorf("got %+v and %q, want %+v and %q", r.options, r.args, c.want, c.pos)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ command, args, want string }{
		{"build", "", "takes one template"},
		{"build", "-- a b", "2 were given"},
		{"build", "-force=maybe t", "invalid boolean value"},
		{"build", "-color=maybe t", "color"},
		{"build", "-var x t", "name=value"},
		{"build", "-syntax-only t", "build has no flag -syntax-only"},
		{"validate", "-warn-on-undeclared-var t", "did you mean -no-warn-undeclared-var?"},
		{"validate", "-on-error=abort t", "validate has no flag -on-error"},
		{"validate", "-config-type=json t", `only "hcl2" is supported`},
		{"doctor", "-jsn", "did you mean -json?"},
		{"version", "x", "takes no arguments"},
		{"version", "-json", "version has no flag -json"},
	} {
		t.Run(c.command+" "+c.args, func(t *testing.T) {
			r := &run{command: commandNamed(t, c.command)}
			if err := r.parse(strings.Fields(c.args)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	r := &run{command: commandNamed(t, "build")}
	if err := r.parse([]string{"t", "-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: got %v", err)
	}
}
