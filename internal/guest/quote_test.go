package guest_test

import (
	"os/exec"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/guest"
)

// TestQuote asks a real shell.
func TestQuote(t *testing.T) {
	for _, s := range []string{"", "plain", "a b", "it's", `"$HOME"`, "a\nb", "*", `\`, "-n", "~", "é", "!x", "#"} {
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "printf %s "+guest.Quote(s)).Output()
		if err != nil || string(out) != s && s != "-n" {
			t.Errorf("%q became %q: %v", s, out, err)
		}
		out, err = exec.CommandContext(t.Context(), "/bin/sh", "-c", guest.Script(`printf %s "$2"`, "x", s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q as an argument became %q: %v", s, out, err)
		}
	}
}
