package tags

import "regexp"

// dated is a date or a time in a text, as templates put them into names.
var dated = regexp.MustCompile(`\d{9,}|\d{4}-?[01]\d-?[0-3]\d([T _-]?[0-2]\d[:.-]?[0-5]\d([:.-]?[0-5]\d)?)?Z?`)

// Undated is a text in which the same stands for every date and time, so that
// it is the same in every run.
func Undated(text string) string { return dated.ReplaceAllString(text, "DATE") }

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
