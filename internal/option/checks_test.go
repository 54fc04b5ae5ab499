package option

import (
	"errors"
	"testing"
)

func TestOneOf(t *testing.T) {
	for value, want := range map[string]string{
		"a":  "",
		"":   "",
		"c":  `letter: "c" is unknown; use "a", "b".`,
		"a ": `letter: "a " is unknown; use "a", "b".`,
	} {
		got := ""
		if err := OneOf("letter", value, "", "a", "b"); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", value, got, want)
		}
	}
}

func TestPortRange(t *testing.T) {
	cases := []struct {
		min, max int
		bad      bool
	}{
		{0, 0, false},
		{2222, 0, false}, // no end
		{0, 4444, false},
		{80, 80, false},
		{81, 80, true},
		{-1, 80, true},
		{80, 65536, true},
	}
	for _, c := range cases {
		if err := PortRange("port_min", c.min, c.max); (err != nil) != c.bad {
			t.Errorf("%d to %d: got %v", c.min, c.max, err)
		}
	}
}

func TestBadUnwraps(t *testing.T) {
	cause := errors.New("why")
	if err := Bad("x", "%d: %s.", 1, cause); !errors.Is(err, cause) || err.Error() != "x: 1: why." {
		t.Errorf("got %v", err)
	}
	if err := Bad("x", "%d.", 1); errors.Unwrap(err) != nil {
		t.Errorf("%v has a cause", err)
	}
}
