// Package cache shows people what a store of checkpoints has, checks it and
// makes room.
package cache

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

const shown = 12 // digits of a key

// Sort orders checkpoints as they were made, build by build.
func Sort(all []checkpoint.Info) {
	slices.SortFunc(all, func(a, b checkpoint.Info) int {
		return cmp.Or(cmp.Compare(a.Template, b.Template), cmp.Compare(a.Build, b.Build), a.Made.Compare(b.Made), cmp.Compare(a.Key, b.Key))
	})
}

// Heading stands above lines.
func Heading() string {
	return fmt.Sprintf("%-*s %10s %8s %8s  %s", shown, "KEY", "ON DISK", "MADE", "USED", "MACHINE")
}

// Line is one checkpoint on one line.
func Line(i checkpoint.Info, now time.Time) string {
	what := "unknown"
	if i.Build != "" {
		what = fmt.Sprintf("%s after %s, of %s", i.Build, i.Title, i.Template)
	}
	if i.InUse {
		what += "; in use"
	}
	if i.Damage != "" {
		what += "; damaged: " + i.Damage
	}
	return fmt.Sprintf("%-*s %10s %8s %8s  %s", shown, i.Key[:shown], ui.Size(i.Size), Age(now, i.Made), Age(now, i.Used), what)
}

// Total says how many there are and how much room they take.
func Total(all []checkpoint.Info) string {
	var size int64
	for _, i := range all {
		size += i.Size
	}
	machines := "machines"
	if len(all) == 1 {
		machines = "machine"
	}
	return fmt.Sprintf("%d %s, %s", len(all), machines, ui.Size(size))
}

// Age is how long ago something was, in its largest unit.
func Age(now, at time.Time) string {
	d := now.Sub(at)
	switch {
	case at.IsZero():
		return "-"
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return fmt.Sprintf("%dm ago", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh ago", d/time.Hour)
	}
	return fmt.Sprintf("%dd ago", d/(24*time.Hour))
}

// Pick finds the checkpoint whose key starts with the given digits.
func Pick(all []checkpoint.Info, start string) (checkpoint.Info, error) {
	var found []checkpoint.Info
	for _, i := range all {
		if start != "" && strings.HasPrefix(i.Key, strings.ToLower(start)) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return checkpoint.Info{}, fmt.Errorf("no machine has a key that starts with %q; \"ovenbird cache ls\" shows them", start)
	case 1:
		return found[0], nil
	}
	return checkpoint.Info{}, fmt.Errorf("%d machines have keys that start with %q; give more digits", len(found), start)
}

// Event is what programs are told of a checkpoint.
func Event(i checkpoint.Info) ui.Checkpoint {
	return ui.Checkpoint{
		Key: i.Key, Parent: i.Parent, Title: i.Title, Build: i.Build, Template: i.Template,
		Made: i.Made, Used: i.Used, Size: i.Size, InUse: i.InUse, Damage: i.Damage,
	}
}
