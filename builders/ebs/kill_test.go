package ebs

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/gc"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// victim is set in the process that bakes to be killed.
const victim = "OVENBIRD_TEST_VICTIM"

// TestVictim is no test: it bakes for TestKilled.
func TestVictim(t *testing.T) {
	image := os.Getenv(victim)
	if image == "" {
		t.Skip("nobody wants to kill it")
	}
	l := &lab{T: t, image: image, addr: os.Getenv(victim + "_ADDR")}
	region := os.Getenv(victim + "_REGION")
	b := l.builder(func(b *Builder) {
		if region != "" {
			b.AMI.AMIRegions = []string{region}
		}
	})
	if _, err := l.bake(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// killAt ends a bake with kill -9 at one of its calls, which is done or not.
func (l *lab) killAt(call int, done bool) {
	l.Helper()
	c := exec.CommandContext(l.Context(), os.Args[0], "-test.run=^TestVictim$")
	c.Env = append(os.Environ(), victim+"="+l.image, victim+"_ADDR="+l.addr)
	f := ec2box.Fault{First: call, Before: func() { _ = c.Process.Kill() }, Drop: ec2box.BeforeCall}
	if done {
		f = ec2box.Fault{First: call, After: f.Before}
	}
	l.Inject(f)
	out, err := c.CombinedOutput()
	if status, ok := c.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() && len(l.Calls()) >= call {
		l.Errorf("it was not killed at call %d: %v after %v\n%s", call, err, l.Calls(), out)
	}
	l.Heal()
}

// collect removes what is left.
func (l *lab) collect(ctx context.Context) {
	l.Helper()
	o := access.Options{SkipCredentialValidation: true}
	acc, err := o.Open(ctx)
	if err != nil {
		l.Fatal(err)
	}
	j, err := journal.Open("")
	if err != nil {
		l.Fatal(err)
	}
	if err := gc.Collect(ctx, gc.Options{Account: acc, Journal: j}); err != nil {
		l.Error(err)
	}
	if err := j.Close(); err != nil {
		l.Error(err)
	}
}

// TestKilled kills a bake with -9 at each of its calls, just before it is done,
// and just after: gc leaves nothing but a finished AMI.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it bakes often")
	}
	l := newLab(t, ec2box.Timing{})
	if _, err := l.bake(t.Context(), l.builder(nil)); err != nil {
		t.Fatal(err)
	}
	l.killAtAll(0, len(l.Calls()))
}

// TestKilledCopying does the same to a bake that copies its AMI, from then on.
func TestKilledCopying(t *testing.T) {
	if testing.Short() {
		t.Skip("it bakes often")
	}
	l := newLab(t, ec2box.Timing{})
	t.Setenv(victim+"_REGION", "us-east-1")
	if _, err := l.bake(t.Context(), l.builder(func(b *Builder) { b.AMI.AMIRegions = []string{"us-east-1"} })); err != nil {
		t.Fatal(err)
	}
	l.killAtAll(slices.Index(l.Calls(), "TerminateInstances"), len(l.Calls()))
}

// killAtAll kills bakes at each of these calls.
func (l *lab) killAtAll(from, to int) {
	l.Helper()
	t := l.T
	for call := from; call < to; call++ {
		for _, done := range []bool{false, true} {
			l := newLab(t, ec2box.Timing{})
			l.killAt(call+1, done)
			calls := l.Calls()
			l.collect(t.Context())
			got := l.left()
			wants := []string{"image:1 snapshot:1", "image:2 snapshot:2"}
			if !slices.Contains(calls, "TerminateInstances") { // nobody has seen that it is available
				wants = append(wants, "")
			}
			if !slices.Contains(calls, "CreateImage") {
				wants = []string{""}
			}
			if !slices.Contains(wants, got) {
				t.Errorf("killed at %s, call %d, done %t: left %q", calls[len(calls)-1], call+1, done, got)
			}
		}
	}
}
