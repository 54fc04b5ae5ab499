// Package scripttest tests what all provisioners that run scripts have in common.
package scripttest

import (
	"slices"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/script"
)

// Inputs demands that a provisioner with the options names its scripts.
func Inputs(t *testing.T, with func(script.Options) interface{ Inputs() ([]string, error) }) {
	t.Helper()
	for _, c := range []struct {
		name string
		set  script.Options
		want []string
	}{
		{"inline", script.Options{Inline: []string{"a"}}, nil},
		{"a script", script.Options{Script: "a"}, []string{"a"}},
		{"scripts", script.Options{Scripts: []string{"a", "b"}}, []string{"a", "b"}},
	} {
		if got, err := with(c.set).Inputs(); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v", c.name, got, err)
		}
	}
}
