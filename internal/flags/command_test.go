package flags

import (
	"os"
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
