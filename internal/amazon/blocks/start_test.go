package blocks

import (
	"slices"
	"testing"
	"time"
)

// TestUnbegun has the start of a delta fail: only once it is refused there is
// another request, and the token of the first one is of no use.
func TestUnbegun(t *testing.T) {
	for _, c := range []struct {
		name          string
		what          trouble // with each start of the delta
		made          bool
		asked, struck int // tokens
	}{
		{"refused", refused, true, 2, 1},
		{"no answer", lost, false, 1, 0},
		{"unavailable", broken, false, 1, 0},
		{"too busy", busy, false, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSandbox(t)
			first := upload1(t, s, &disk{letters: "ab"}, Options{})
			var asked, struck []string
			s.trouble = func(action string, _ int) trouble {
				if action == "StartSnapshot" && len(asked) == 1 {
					return c.what
				}
				return none
			}
			made, err := Upload(t.Context(), s.client(), &disk{letters: "aB"}, Options{
				Parent: first.ID, Folder: t.TempDir(), Patience: 500 * time.Millisecond,
				Creating: func(token string) error { asked = append(asked, token); return nil },
				Refused:  func(token string) error { struck = append(struck, token); return nil },
			})
			if (err == nil) != c.made || len(asked) != c.asked || len(struck) != c.struck || !slices.Equal(struck, asked[:len(struck)]) {
				t.Errorf("made %+v, error %v; asked for %v, of which were refused %v", made, err, asked, struck)
			}
		})
	}
}
