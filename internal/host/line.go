package host

import "fmt"

// String is a line of doctor: what was found, and what helps.
func (c Check) String() string {
	word := "ok"
	if !c.OK {
		word = "missing"
	}
	text := fmt.Sprintf("%-8s %-20s %s", word, c.Name, c.Found)
	if c.Fix != "" {
		if c.Found != "" {
			text += "; "
		}
		text += "fix: " + c.Fix
	}
	return text
}
