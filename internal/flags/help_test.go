package flags

import (
	"flag"
	"testing"
)

func TestHelp(t *testing.T) {
	none, one := flag.NewFlagSet("", flag.ContinueOnError), flag.NewFlagSet("", flag.ContinueOnError)
	one.Bool("force", false, "replace it")
	for want, got := range map[string]string{
		"Usage: bird fly\n\nMove in the air.":                          Help("bird fly", "", "move in the air", none),
		"Usage: bird eat [FLAGS] FOOD\n\nFeed.\n\n" + trim(Usage(one)): Help("bird eat", "FOOD", "feed", one),
	} {
		if got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func trim(s string) string { return s[:len(s)-1] }
