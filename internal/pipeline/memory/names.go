package memory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/flags"
	"github.com/ovenbird-io/ovenbird/templates"
)

// Boot is the title of the first thing to remember.
const Boot = "boot"

// StepName is what people call a block: `provisioner "shell"`, with its name if it
// has one.
func StepName(kind, typ, name string) string {
	if name != "" && name != typ {
		return fmt.Sprintf("%s %q (%s)", kind, typ, name)
	}
	return fmt.Sprintf("%s %q", kind, typ)
}

// Match gives the indices of the steps of a build that a word means, 0 being
// the boot: "boot", the number of a provisioner from 1, its name or its type.
func Match(b *templates.Build, word string) []int {
	if word == Boot {
		return []int{0}
	}
	var named, typed []int
	for i, s := range b.Provisioners {
		switch {
		case word == strconv.Itoa(i+1):
			return []int{i + 1}
		case word == "":
		case s.Name == word:
			named = append(named, i+1)
		case s.Type == word:
			typed = append(typed, i+1)
		}
	}
	if named != nil {
		return named
	}
	return typed
}

// Check gives a *flags.UsageError about the first word that means no step of any of
// the builds; it says which steps there are.
func Check(builds []*templates.Build, words ...string) error {
	for _, w := range words {
		if !slices.ContainsFunc(builds, func(b *templates.Build) bool { return Match(b, w) != nil }) {
			return flags.Misuse("there is no step %q: %s", w, list(builds))
		}
	}
	return nil
}

func list(builds []*templates.Build) string {
	var all []string
	for _, b := range builds {
		names := []string{Boot}
		for i, s := range b.Provisioners {
			names = append(names, fmt.Sprintf("%d (%s)", i+1, StepName("provisioner", s.Type, s.Name)))
		}
		all = append(all, b.ID+" has "+strings.Join(names, ", "))
	}
	return strings.Join(all, "; ")
}

// chosen are the indices of the steps that the words mean.
func chosen(b *templates.Build, words []string) map[int]bool {
	all := map[int]bool{}
	for _, w := range words {
		for _, i := range Match(b, w) {
			all[i] = true
		}
	}
	return all
}
