package cli

import (
	"errors"
	"flag"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/cli/cmdline"
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
		want cmdline.Options
		pos  string
	}{
		{"t", cmdline.Options{OnError: "cleanup"}, "t"},
		{"-only=a,b -only c, -except x t", cmdline.Options{OnError: "cleanup", Only: []string{"a", "b", "c"}, Except: []string{"x"}}, "t"},
		{"t -force", cmdline.Options{OnError: "cleanup", Force: true}, "t"},
		{"-force t -var a=1 -var=b=2=3", cmdline.Options{OnError: "cleanup", Force: true, Vars: []string{"a=1", "b=2=3"}}, "t"},
		{"--var-file f --var-file=g t", cmdline.Options{OnError: "cleanup", VarFiles: []string{"f", "g"}}, "t"},
		{"-color=false -json -timestamp-ui t", cmdline.Options{OnError: "cleanup", NoColor: true, JSON: true, Timestamps: true}, "t"},
		{"-color t", cmdline.Options{OnError: "cleanup"}, "t"},
		{"-parallel-builds=3 -on-error abort t", cmdline.Options{OnError: "abort", Parallel: 3}, "t"},
		{"-debug=false -skip-enforcement -ignore-prerelease-plugins t", cmdline.Options{OnError: "cleanup"}, "t"},
		{"-warn-on-undeclared-var -require-accel -- -t", cmdline.Options{OnError: "cleanup", WarnUndeclared: true, RequireAccel: true}, "-t"},
		{"-config-type=hcl2 t", cmdline.Options{OnError: "cleanup"}, "t"},
		{"-force=false t", cmdline.Options{OnError: "cleanup"}, "t"},
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
