// Package graph puts in order what depends on each other.
package graph

import "slices"

// Order lists what the given nodes need, then themselves, each once and behind
// what it needs. A circle is reported with its members, the first of them once;
// its nodes are listed, too, in any order.
func Order[N comparable](nodes []N, needs func(N) []N, circle func([]N)) []N {
	var ordered, way []N
	seen := map[N]bool{}
	var visit func(n N)
	visit = func(n N) {
		if i := slices.Index(way, n); i >= 0 {
			circle(way[i:])
			return
		}
		if seen[n] {
			return
		}
		seen[n], way = true, append(way, n)
		for _, other := range needs(n) {
			visit(other)
		}
		way = way[:len(way)-1]
		ordered = append(ordered, n)
	}
	for _, n := range nodes {
		visit(n)
	}
	return ordered
}
