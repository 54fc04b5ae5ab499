package hardware

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/accel"
)

// TestChoose starts from what a probe has found before, so that nothing is
// started.
func TestChoose(t *testing.T) {
	works := accel.Result{Name: accel.KVM}
	fails := accel.Result{Name: accel.TCG, Reason: "it hangs"}
	for name, c := range map[string]struct {
		option   string
		required bool
		found    accel.Result
		want     string // accelerator
		refused  string
	}{
		"KVM works":              {"", true, works, "kvm", ""},
		"KVM is asked for":       {"kvm", false, works, "kvm", ""},
		"it does not work":       {"", false, fails, "tcg", ""},
		"it has to":              {"", true, fails, "", "there is no hardware acceleration, and -require-accel forbids to emulate: it hangs"},
		"it is asked for":        {"kvm", false, fails, "", `accelerator = "kvm" cannot be used: it hangs`},
		"emulation is asked for": {"tcg", false, works, "tcg", ""},
		"and forbidden":          {"tcg", true, works, "", `accelerator = "tcg" emulates`},
		"none at all, forbidden": {"none", true, works, "", `accelerator = "none" emulates`},
		"another one":            {"hvf", true, fails, "hvf", ""},
	} {
		p := &Prover{found: c.found}
		got, err := p.Choose(t.Context(), &Spec{Accelerator: c.option, QEMUBinary: "/none"}, c.required)
		if c.refused != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.refused) {
				t.Errorf("%s: got %v", name, err)
			}
			continue
		}
		if err != nil || got.Name != c.want {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

// TestFindInterrupted keeps nothing of a probe that was cut short.
func TestFindInterrupted(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	p := &Prover{}
	if _, err := p.Find(ctx, &Spec{QEMUBinary: "/none"}); !errors.Is(err, stop) || p.found.Name != "" {
		t.Errorf("got %v, kept %+v", err, p.found)
	}
}
