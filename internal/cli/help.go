package cli

import (
	"context"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/cli/cmdline"
	"github.com/ovenbird-io/ovenbird/internal/flags"
)

func runVersion(_ context.Context, r *run) int {
	version := strings.TrimPrefix(r.env.Version, "v")
	number, pre, _ := strings.Cut(version, "-")
	r.out.Fact("version", number)
	r.out.Fact("version-prelease", pre) // so spelled by Packer
	r.out.Fact("version-commit", "")
	r.out.Result("Ovenbird v" + version)
	return ExitOK
}

func runHelp(_ context.Context, r *run) int {
	if len(r.args) == 0 {
		r.out.Result(strings.TrimRight(overview(), "\n"))
		return ExitOK
	}
	for _, c := range commands() {
		if c.name == r.args[0] {
			r.out.Result(c.usage())
			return ExitOK
		}
	}
	return r.usage("%s", unknownCommand(r.args[0]))
}

func overview() string {
	var list [][2]string
	for _, c := range commands() {
		list = append(list, [2]string{c.name, c.about})
	}
	return flags.Overview("ovenbird", "Ovenbird bakes machine images from templates.", list)
}

// usage explains one command.
func (c command) usage() string {
	return flags.Help("ovenbird "+c.name, c.args, c.about, c.flagSet(&cmdline.Options{}))
}

// unknownCommand says that there is no such command, and what may have been meant.
func unknownCommand(name string) string {
	if name == "fix" {
		return "there is no command \"fix\": legacy templates are read as they are; \"ovenbird hcl2_upgrade\" rewrites one in HCL"
	}
	var names []string
	for _, c := range commands() {
		names = append(names, c.name)
	}
	return flags.NoCommand("ovenbird", name, names)
}
