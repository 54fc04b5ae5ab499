package tags

import (
	"regexp"
	"slices"
)

// dated is a date or a time in a text, as templates put them into names.
var dated = regexp.MustCompile(`20\d\d-?[01]\d-?[0-3]\d([T _-]?[0-2]\d[:.-]?[0-5]\d([:.-]?[0-5]\d)?)?Z?`)

var number = regexp.MustCompile(`\d+`)

// Undated is a text in which the same stands for every date and time, so that
// it is the same in every run. A number is one if it has as many digits as the
// seconds since 1970, or parts of them: an account's, for one, stays.
func Undated(text string) string {
	text = number.ReplaceAllStringFunc(text, func(n string) string {
		if n[0] == '1' && slices.Contains([]int{10, 13, 16, 19}, len(n)) {
			return "DATE"
		}
		return n
	})
	return dated.ReplaceAllString(text, "DATE")
}

// UndatedAll are tags with values like that.
func UndatedAll(all map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range all {
		out[key] = Undated(value)
	}
	return out
}

// UndatedBlocks are blocks of tags with values like that.
func UndatedBlocks(all []Block) []Block {
	var out []Block
	for _, b := range all {
		b.Value = Undated(b.Value)
		out = append(out, b)
	}
	return out
}
