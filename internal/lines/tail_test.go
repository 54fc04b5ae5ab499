package lines

import (
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	long := strings.Repeat("0123456789", 1000)
	cases := map[string]struct {
		size   int
		pieces []string
		want   string
	}{
		"nothing":              {},
		"all of a short text":  {size: 8, pieces: []string{"ab\n", " cd"}, want: "ab\n cd"},
		"the end of pieces":    {size: 4, pieces: []string{"abc", "de", "", "f"}, want: "cdef"},
		"the end of one piece": {size: 4, pieces: []string{"abcdef"}, want: "cdef"},
		"4 KiB unless told":    {pieces: []string{long, "end"}, want: long[len(long)-4093:] + "end"},
	}
	for name, c := range cases {
		tail := Tail{Size: c.size}
		for _, p := range c.pieces {
			if n, err := tail.Write([]byte(p)); n != len(p) || err != nil {
				t.Errorf("%s: wrote %d of %d: %v", name, n, len(p), err)
			}
		}
		if got := tail.String(); got != c.want {
			t.Errorf("%s: got %.40q, want %.40q", name, got, c.want)
		}
	}
}
