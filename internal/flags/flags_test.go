package flags

import (
	"flag"
	"io"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		args, want string // the arguments, the lists and the error, separated by |
	}{
		{"a b", "a b|||"},
		{"-only x a", "a|x||"},
		{"a -only=x,y b -only=z,", "a b|x y z||"},
		{"-var n=1 -var m=2=3 a", "a||n=1 m=2=3|"},
		{"-only x -- -only", "-only|x||"},
		{"", "|||"},
		{"-var n", `|||invalid value "n" for flag -var: write it as 'name=value'`},
		{"-onyl x", "|||demo has no flag -onyl; did you mean -only?"},
		{"-zzzzzz", "|||demo has no flag -zzzzzz"},
		{"-scret", "|||demo has no flag -scret"},
		{"a -n x", `|||invalid value "x" for flag -n: it takes a number`},
		{"a -b=x", `|||invalid boolean value "x" for -b: it takes true or false`},
		{"a -only", "|||flag needs an argument: -only"},
		{"a -h", "|||flag: help requested"},
	} {
		t.Run(c.args, func(t *testing.T) {
			var only, vars []string
			fs := flag.NewFlagSet("demo", flag.ContinueOnError)
			fs.SetOutput(io.Discard)
			fs.Usage = func() {}
			fs.Var(List{&only, true}, "only", "some")
			fs.Var(Pairs{List{&vars, false}}, "var", "values")
			fs.Bool("secret", false, "")
			fs.Int("n", 0, "number")
			fs.Bool("b", false, "bool")
			args, err := Parse(fs, strings.Fields(c.args))
			text := ""
			if err != nil {
				text, args, only, vars = err.Error(), nil, nil, nil
			}
			got := strings.Join([]string{strings.Join(args, " "), strings.Join(only, " "), strings.Join(vars, " "), text}, "|")
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	var only []string
	fs := flag.NewFlagSet("demo", flag.ContinueOnError)
	fs.Var(List{To: &only}, "only", "run what these `globs` match")
	fs.Bool("force", false, "replace")
	fs.Bool("old", false, "what it did")
	Silence(fs, "old")
	want := "  -force                       replace\n  -only=globs                  run what these globs match\n"
	if got := Usage(fs); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"build", "validate", "doctor", "version"}
	for word, want := range map[string]string{
		"biuld": "build", "bild": "build", "valdate": "validate", "verify": "", "": "", "docter": "doctor", "xyzzy": "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
