package graph

import (
	"slices"
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	cases := []struct{ name, edges, nodes, want, circles string }{
		{"alone", "", "b a", "b a", ""},
		{"chain", "a:b b:c", "a", "c b a", ""},
		{"diamond", "a:b a:c b:d c:d", "a b", "d b c a", ""},
		{"circle", "a:b b:c c:b", "a", "c b a", "b c"},
		{"itself", "a:a", "a", "a", "a"},
	}
	for _, c := range cases {
		needs := map[string][]string{}
		for _, edge := range strings.Fields(c.edges) {
			from, to, _ := strings.Cut(edge, ":")
			needs[from] = append(needs[from], to)
		}
		var circles [][]string
		got := Order(strings.Fields(c.nodes), func(n string) []string { return needs[n] }, func(way []string) {
			circles = append(circles, slices.Clone(way))
		})
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: got %q; want %q", c.name, got, c.want)
		}
		if found := slices.Concat(circles...); strings.Join(found, " ") != c.circles {
			t.Errorf("%s: circles are %q; want %q", c.name, found, c.circles)
		}
	}
}
