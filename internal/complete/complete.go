// Package complete writes scripts with which shells complete command lines.
package complete

import (
	"flag"
	"fmt"
	"strings"
)

// Command is one word after the program's name.
type Command struct {
	Name, About string
	Words       []string // what its arguments can be, besides files
	Flags       []Flag
}

// Flag is one flag of a command.
type Flag struct {
	Name, About string // the name without "-"
	Value       bool   // it takes one
}

// Flags are the flags that have a description.
func Flags(fs *flag.FlagSet) []Flag {
	var all []Flag
	fs.VisitAll(func(f *flag.Flag) {
		if f.Usage != "" {
			value, about := flag.UnquoteUsage(f)
			all = append(all, Flag{Name: f.Name, About: about, Value: value != ""})
		}
	})
	return all
}

// Shells are those there are scripts for.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// Script is the script for a shell; ok is false when there is none.
func Script(shell, program string, commands []Command) (text string, ok bool) {
	switch shell {
	case "bash":
		return bash(program, commands), true
	case "zsh":
		return zsh(program, commands), true
	case "fish":
		return fish(program, commands), true
	}
	return "", false
}

func names(commands []Command) string {
	var all []string
	for _, c := range commands {
		all = append(all, c.Name)
	}
	return strings.Join(all, " ")
}

// bash completes words without a description; a flag that takes a value gets
// its "=", and no space behind it.
func bash(program string, commands []Command) string {
	var out strings.Builder
	fmt.Fprintf(&out, `# bash completion of %[1]s; load it with: source <(%[1]s completion bash)
_%[1]s() {
  local cur=${COMP_WORDS[COMP_CWORD]} words= flags=
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "%[2]s" -- "$cur")
    return
  fi
  case ${COMP_WORDS[1]} in
`, program, names(commands))
	for _, c := range commands {
		var flags []string
		for _, f := range c.Flags {
			flags = append(flags, "-"+f.Name+equals(f))
		}
		fmt.Fprintf(&out, "    %s) words=%q flags=%q ;;\n", c.Name, strings.Join(c.Words, " "), strings.Join(flags, " "))
	}
	fmt.Fprintf(&out, `  esac
  case $cur in
    -*) words=$flags ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  case ${COMPREPLY-} in
    *=) compopt -o nospace 2>/dev/null || true ;;
  esac
}
complete -o default -F _%[1]s %[1]s
`, program)
	return out.String()
}

func equals(f Flag) string {
	if f.Value {
		return "="
	}
	return ""
}

func zsh(program string, commands []Command) string {
	var out strings.Builder
	fmt.Fprintf(&out, `#compdef %[1]s
# zsh completion of %[1]s; load it with: source <(%[1]s completion zsh)
_%[1]s() {
  local -a commands flags args
  commands=(
`, program)
	for _, c := range commands {
		fmt.Fprintf(&out, "    %s\n", single(c.Name+":"+c.About))
	}
	out.WriteString("  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  case ${words[2]} in\n")
	for _, c := range commands {
		fmt.Fprintf(&out, "    %s)\n      args=(%s)\n      flags=(", c.Name, strings.Join(c.Words, " "))
		for _, f := range c.Flags {
			out.WriteString("\n        " + single("-"+f.Name+equals(f)+":"+f.About))
		}
		out.WriteString(")\n      ;;\n")
	}
	fmt.Fprintf(&out, `  esac
  if [[ ${words[CURRENT]} == -* ]]; then
    _describe -o flag flags
  elif (( ${#args} )); then
    compadd -a args
  else
    _files
  fi
}
if [ "${funcstack[1]}" = _%[1]s ]; then
  _%[1]s "$@"
else
  compdef _%[1]s %[1]s
fi
`, program)
	return out.String()
}

func fish(program string, commands []Command) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# fish completion of %[1]s; load it with: %[1]s completion fish | source\n", program)
	for _, c := range commands {
		fmt.Fprintf(&out, "complete -c %s -n __fish_use_subcommand -f -a %s -d %s\n", program, c.Name, single(c.About))
	}
	for _, c := range commands {
		when := fmt.Sprintf("complete -c %s -n '__fish_seen_subcommand_from %s'", program, c.Name)
		if len(c.Words) > 0 {
			fmt.Fprintf(&out, "%s -f -a %s\n", when, single(strings.Join(c.Words, " ")))
		}
		for _, f := range c.Flags {
			takes := ""
			if f.Value {
				takes = " -r"
			}
			fmt.Fprintf(&out, "%s -o %s%s -d %s\n", when, f.Name, takes, single(f.About))
		}
	}
	return out.String()
}

// single quotes a text for a shell.
func single(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
