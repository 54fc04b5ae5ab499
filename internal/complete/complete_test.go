package complete

import (
	"os/exec"
	"strings"
	"testing"
)

func commands() []Command {
	return []Command{
		{Name: "build", About: "bake what's there", Flags: []Flag{
			{Name: "force", About: "replace"}, {Name: "only", About: "some of them", Value: true},
		}},
		{Name: "completion", About: "print", Words: Shells()},
	}
}

// Bash itself says what the script completes.
func TestBash(t *testing.T) {
	script, ok := Script("bash", "bird", commands())
	if !ok {
		t.Fatal("no script")
	}
	for _, c := range []struct{ line, want string }{
		{"bird ''", "build completion"},
		{"bird co", "completion"},
		{"bird build -", "-force -only="},
		{"bird build -f", "-force"},
		{"bird build a.pkr", ""},
		{"bird completion z", "zsh"},
		{"bird completion -", ""},
		{"bird unknown -", ""},
	} {
		t.Run(c.line, func(t *testing.T) {
			program := script + "COMP_WORDS=(" + c.line + ") COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_bird\necho \"${COMPREPLY[*]-}\"\n"
			cmd := exec.CommandContext(t.Context(), "bash", "-eu")
			cmd.Stdin = strings.NewReader(program)
			got, err := cmd.CombinedOutput()
			if err != nil || strings.TrimSpace(string(got)) != c.want {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

func TestOtherShells(t *testing.T) {
	for _, c := range []struct{ shell, want string }{
		{"zsh", "#compdef bird\n"},
		{"zsh", "    'build:bake what'\\''s there'\n"},
		{"zsh", "    build)\n      args=()\n      flags=(\n        '-force:replace'\n        '-only=:some of them')\n      ;;\n"},
		{"zsh", "      args=(bash zsh fish)\n"},
		{"fish", "complete -c bird -n __fish_use_subcommand -f -a build -d 'bake what'\\''s there'\n"},
		{"fish", "complete -c bird -n '__fish_seen_subcommand_from build' -o force -d 'replace'\n"},
		{"fish", "complete -c bird -n '__fish_seen_subcommand_from build' -o only -r -d 'some of them'\n"},
		{"fish", "complete -c bird -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n"},
	} {
		if text, ok := Script(c.shell, "bird", commands()); !ok || !strings.Contains(text, c.want) {
			t.Errorf("%s: no %q in:\n%s", c.shell, c.want, text)
		}
	}
	if _, ok := Script("tcsh", "bird", commands()); ok {
		t.Error("there is a script for tcsh")
	}
}
