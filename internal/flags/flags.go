// Package flags reads command lines: flags may stand on both sides of the
// arguments, and what cannot be used is told with what was meant.
package flags

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/agext/levenshtein"
)

// List is a flag that may be given several times.
type List struct {
	To    *[]string
	Comma bool // each value is itself a list
}

func (l List) String() string { return "" }

// Set adds a value.
func (l List) Set(v string) error {
	if !l.Comma {
		*l.To = append(*l.To, v)
		return nil
	}
	for s := range strings.SplitSeq(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			*l.To = append(*l.To, s)
		}
	}
	return nil
}

// Pairs is a List whose values need a "=".
type Pairs struct{ List }

// Set adds a value.
func (p Pairs) Set(s string) error {
	if !strings.Contains(s, "=") {
		return errors.New("write it as 'name=value'")
	}
	return p.List.Set(s)
}

// UsageError is a command line that cannot be used.
type UsageError struct{ text string }

func (e *UsageError) Error() string { return e.text }

// Misuse makes a *UsageError.
func Misuse(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

// Duration is a flag for a length of time that is more than nothing.
type Duration struct{ To *time.Duration }

func (d Duration) String() string { return "" }

// Set reads it as Go writes it, such as 90m.
func (d Duration) Set(s string) error {
	value, err := time.ParseDuration(s)
	if err != nil || value <= 0 {
		return errors.New("write a time such as 30m or 12h")
	}
	*d.To = value
	return nil
}

// Parse reads flags before, between and behind the arguments, which it returns;
// "--" ends the flags.
func Parse(fs *flag.FlagSet, args []string) (arguments []string, err error) {
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return nil, flagError(fs, err)
		}
		rest := fs.Args()
		if used := len(args) - len(rest); used > 0 && args[used-1] == "--" {
			return append(arguments, rest...), nil
		}
		if len(rest) == 0 {
			break
		}
		arguments, args = append(arguments, rest[0]), rest[1:]
	}
	return arguments, nil
}

// flagError says what is wrong with a flag, and which one was meant.
func flagError(fs *flag.FlagSet, err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !ok {
		text := strings.Replace(err.Error(), "invalid boolean flag ", "-", 1)
		if value, ok := strings.CutSuffix(text, ": parse error"); ok {
			text = value + ": it takes a number"
			if strings.HasPrefix(value, "invalid boolean") {
				text = value + ": it takes true or false"
			}
		}
		return errors.New(text)
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) {
		if f.Usage != "" {
			names = append(names, f.Name)
		}
	})
	slices.Sort(names)
	text := fmt.Sprintf("%s has no flag -%s", fs.Name(), name)
	if like := Nearest(name, names); like != "" {
		text += fmt.Sprintf("; did you mean -%s?", like)
	}
	return errors.New(text)
}

// Nearest is the candidate that differs little enough from a word to be what
// was meant, or "".
func Nearest(word string, candidates []string) string {
	best, least := "", len(word)/4+2
	for _, c := range candidates {
		if d := levenshtein.Distance(word, c, nil); d < least {
			best, least = c, d
		}
	}
	return best
}

// Usage explains the flags, one a line; those without a description stay
// unmentioned.
func Usage(fs *flag.FlagSet) string {
	var out strings.Builder
	fs.VisitAll(func(f *flag.Flag) {
		if f.Usage == "" {
			return
		}
		value, about := flag.UnquoteUsage(f)
		name := "-" + f.Name
		if value != "" && value != "value" {
			name += "=" + value
		}
		fmt.Fprintf(&out, "  %-28s %s\n", name, about)
	})
	return out.String()
}

// Silence accepts flags without mentioning them.
func Silence(fs *flag.FlagSet, names ...string) {
	for _, name := range names {
		fs.Lookup(name).Usage = ""
	}
}
