package option

import (
	"fmt"
	"slices"
	"strings"
)

// OneOf reports the value of the named option unless it is one that is allowed;
// an allowed "" is not suggested.
func OneOf(name, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	var quoted []string
	for _, a := range allowed {
		if a != "" {
			quoted = append(quoted, fmt.Sprintf("%q", a))
		}
	}
	return Bad(name, "%q is unknown; use %s.", value, strings.Join(quoted, ", "))
}

// PortRange reports a range of ports that holds none; max may be 0 for no end.
// The problem is the named option's.
func PortRange(name string, min, max int) error {
	if min < 0 || max > 65535 || (max != 0 && min > max) {
		return Bad(name, "The range %d to %d holds no port; use numbers up to 65535, the lower one first.", min, max)
	}
	return nil
}
