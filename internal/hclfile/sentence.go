package hclfile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentence tells whether a text begins and ends as a sentence does.
func Sentence(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && (!unicode.IsLetter(first) || unicode.IsUpper(first)) && strings.ContainsAny(s[len(s)-1:], ".?!")
}
