package ebs

import (
	"os"
	"os/exec"
	"testing"

	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// spotted bakes on a spot instance, with rights of its own.
func spotted(b *Builder) {
	b.Spot.Price = "auto"
	b.Profile.Policy = &profile.Policy{Statement: []profile.Statement{{Action: []string{"s3:GetObject"}, Resource: []string{"*"}}}}
}

// TestSpotVictim is no test: it bakes for TestKilledSpot.
func TestSpotVictim(t *testing.T) {
	image := os.Getenv(victim + "_SPOT")
	if image == "" {
		t.Skip("nobody wants to kill it")
	}
	l := &lab{T: t, image: image, addr: os.Getenv(victim + "_ADDR")}
	if _, err := l.bake(t.Context(), l.builder(spotted)); err != nil {
		t.Fatal(err)
	}
}

// TestKilledSpot kills such a bake just after each of its calls: gc leaves no
// fleet, launch template, role or profile either.
func TestKilledSpot(t *testing.T) {
	if testing.Short() {
		t.Skip("it bakes often")
	}
	l := newLab(t, ec2box.Timing{})
	if _, err := l.bake(t.Context(), l.builder(spotted)); err != nil {
		t.Fatal(err)
	}
	calls := len(l.Calls())
	for call := 1; call <= calls; call++ {
		l := newLab(t, ec2box.Timing{})
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSpotVictim$")
		c.Env = append(os.Environ(), victim+"_SPOT="+l.image, victim+"_ADDR="+l.addr)
		l.Inject(ec2box.Fault{First: call, After: func() { _ = c.Process.Kill() }})
		out, _ := c.CombinedOutput()
		l.Heal()
		done := l.Calls()
		l.collect(t.Context())
		if got := l.left(); got != "" && got != "image:1 snapshot:1" {
			t.Errorf("killed at call %d of %v: left %q\n%s", call, done, got, out)
		}
	}
}
