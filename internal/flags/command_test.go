package flags

import (
	"os"
	"strings"
	"testing"
)

func TestNoCommand(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("web.pkr.hcl", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"biuld":       `there is no command "biuld"; did you mean "ovenbird build"?`,
		"web.pkr.hcl": `there is no command "web.pkr.hcl"; did you mean "ovenbird build web.pkr.hcl"?`,
		"serve":       `there is no command "serve"`,
	} {
		if got := NoCommand("ovenbird", name, []string{"build", "validate"}); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestTake(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a b": "a b", "-x a": "a +", "a --x b -x": "a b +", "-x=true": "-x=true", "-xy": "-xy",
	} {
		args := strings.Fields(in)
		rest, found := Take(args, "x")
		if found {
			rest = append(rest, "+")
		}
		if got := strings.Join(rest, " "); got != want || strings.Join(args, " ") != in {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
