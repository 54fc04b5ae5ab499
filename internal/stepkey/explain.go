package stepkey

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Explain says what changed, one sentence a change, in the order of the new
// facts and then of those that are gone. Secrets are not shown.
func Explain(old, now []Fact) []string {
	before, after := numbered(old), numbered(now)
	var all []string
	for _, f := range now {
		was, ok := before[f.Name]
		switch {
		case !ok:
			all = append(all, appeared(f.Name))
		case !slices.Equal(was, after[f.Name]):
			all = append(all, changes(f.Name, was[0], f.Value)...)
		}
	}
	for _, f := range old {
		if _, ok := after[f.Name]; !ok {
			all = append(all, vanished(f.Name))
		}
	}
	if len(all) == 0 && !slices.Equal(old, now) {
		return []string{"the order changed"}
	}
	return slices.Compact(all)
}

// numbered are the values of each name.
func numbered(facts []Fact) map[string][]string {
	all := map[string][]string{}
	for _, f := range facts {
		all[f.Name] = append(all[f.Name], f.Value)
	}
	return all
}

func isFile(name string) bool {
	return strings.HasPrefix(name, "file ") || strings.HasPrefix(name, "folder ")
}

func appeared(name string) string {
	if isFile(name) {
		return name + " is used now"
	}
	return name + " is new"
}

func vanished(name string) string {
	switch {
	case isFile(name):
		return name + " is no longer used"
	case strings.HasPrefix(name, "option "):
		return name + " is no longer set"
	}
	return name + " is gone"
}

// changes compares two values of one name.
func changes(name, was, is string) []string {
	if strings.HasPrefix(was, "sha256:") && strings.HasPrefix(is, "sha256:") {
		return []string{fileChange(name, was, is)}
	}
	from, to := parsed(was), parsed(is)
	if from, ok := from.(map[string]any); ok {
		if to, ok := to.(map[string]any); ok {
			return keys(name, from, to)
		}
	}
	a, lists := lines(from)
	b, listed := lines(to)
	if lists && listed {
		word := "item"
		if name == "option inline" || !isList(from) || !isList(to) || len(a) != size(from) || len(b) != size(to) {
			word = "line"
		}
		return []string{name + inLines(a, b, word)}
	}
	return []string{name + wasIs(jsonText(from), jsonText(to))}
}

func fileChange(name, was, is string) string {
	sum, mode, _ := strings.Cut(was, " mode ")
	now, permissions, _ := strings.Cut(is, " mode ")
	if sum == now && mode != permissions {
		return fmt.Sprintf("%s: its permissions were %s and are %s", name, mode, permissions)
	}
	return name + " changed"
}

// keys compares maps.
func keys(name string, from, to map[string]any) []string {
	both := maps.Clone(from)
	maps.Copy(both, to)
	var all []string
	for _, key := range slices.Sorted(maps.Keys(both)) {
		was, had := from[key]
		is, has := to[key]
		key := mask(key)
		switch {
		case !had:
			all = append(all, fmt.Sprintf("%s: %s is new", name, key))
		case !has:
			all = append(all, fmt.Sprintf("%s: %s is gone", name, key))
		case jsonText(was) != jsonText(is):
			all = append(all, fmt.Sprintf("%s: %s%s", name, key, wasIs(jsonText(was), jsonText(is))))
		}
	}
	if all == nil { // another spelling
		return []string{name + " changed"}
	}
	return all
}

// lines are the lines of all strings of a list, or of a text of several lines,
// as they are shown.
func lines(v any) ([]string, bool) {
	switch v := v.(type) {
	case string:
		return quoted(v), strings.Contains(v, "\n")
	case []any:
		var all []string
		for _, item := range v {
			if s, ok := item.(string); ok {
				all = append(all, quoted(strings.TrimSuffix(s, "\n"))...)
			} else {
				all = append(all, jsonText(item))
			}
		}
		return all, true
	}
	return nil, false
}

func quoted(text string) []string {
	all := strings.Split(text, "\n")
	for i := range all {
		all[i] = jsonText(all[i])
	}
	return all
}

func isList(v any) bool { _, ok := v.([]any); return ok }

func size(v any) int { list, _ := v.([]any); return len(list) }

// inLines tells which lines differ.
func inLines(a, b []string, word string) string {
	from := 0
	for from < min(len(a), len(b)) && a[from] == b[from] {
		from++
	}
	end := 0
	for end < min(len(a), len(b))-from && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	old, now := a[from:len(a)-end], b[from:len(b)-end]
	at := fmt.Sprintf(": %s %d", word, from+1)
	switch {
	case len(old) == 0 && len(now) == 0:
		return " changed"
	case len(old) == 0 && len(now) == 1:
		return fmt.Sprintf("%s, %s, is new", at, short(now[0]))
	case len(now) == 0 && len(old) == 1:
		return fmt.Sprintf("%s, %s, is gone", at, short(old[0]))
	case len(old) == 0:
		return fmt.Sprintf(": %ss %d to %d are new, the first is %s", word, from+1, from+len(now), short(now[0]))
	case len(now) == 0:
		return fmt.Sprintf(": %ss %d to %d are gone, the first was %s", word, from+1, from+len(old), short(old[0]))
	case len(old) == 1 && len(now) == 1:
		return at + wasIs(old[0], now[0])
	}
	return fmt.Sprintf(": %s %d and more changed; it%s", word, from+1, wasIs(old[0], now[0]))
}

// shown is how many characters of a value are shown.
const shown = 60

func short(line string) string {
	s, _ := around(mask(line), "")
	return s
}

// wasIs tells two values of one thing apart. Secrets only changed.
func wasIs(was, is string) string {
	was, is = mask(was), mask(is)
	if was == is {
		return " changed"
	}
	was, is = around(was, is)
	return fmt.Sprintf(" was %s and is %s", was, is)
}

// around cuts two long values to what is around their first difference.
func around(was, is string) (string, string) {
	a, b := []rune(was), []rune(is)
	if len(a) <= shown && len(b) <= shown {
		return was, is
	}
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	from := max(0, same-shown/3)
	return window(a, from), window(b, from)
}

func window(text []rune, from int) string {
	left, right := "", ""
	from = min(from, max(0, len(text)-shown))
	if from > 0 {
		left = "..."
	}
	end := min(len(text), from+shown)
	if end < len(text) {
		right = "..."
	}
	return left + string(text[from:end]) + right
}
