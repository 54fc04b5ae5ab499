package amazonami

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/gc"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// victim is set in the process that is killed, to the folder of its disk.
const victim = "OVENBIRD_TEST_VICTIM"

// TestVictim is no test: it makes an AMI for TestKilled.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victim)
	if dir == "" {
		t.Skip("nobody wants to kill it")
	}
	l := &lab{T: t, dir: dir}
	if _, err := l.ami(copied).Process(t.Context(), l.disk(), nil); err != nil {
		t.Fatal(err)
	}
}

// disk is the artifact that bake has made.
func (l *lab) disk() *artifact.Artifact {
	disk := filepath.Join(l.dir, "disk")
	return &artifact.Artifact{Files: []string{disk}, Details: map[string]string{"disk": disk, "format": "qcow2"}}
}

// copied has an AMI in two regions that replaces the one before.
func copied(a *AMI) {
	a.AMI.AMIRegions, a.AMI.ForceDeregister, a.AMI.ForceDeleteSnapshot = []string{"eu-west-1"}, true, true
}

// killAt ends the victim with kill -9 at one of its calls, which is done or not.
// It may be through before, as it looks more often on a slow machine.
func (l *lab) killAt(call int, done bool) (killed bool) {
	l.Helper()
	c := exec.CommandContext(l.Context(), os.Args[0], "-test.run=^TestVictim$")
	c.Env = append(os.Environ(), victim+"="+l.dir)
	f := ec2box.Fault{First: call, Before: func() { _ = c.Process.Kill() }, Drop: ec2box.BeforeCall}
	if done {
		f = ec2box.Fault{First: call, After: f.Before}
	}
	l.Inject(f)
	out, err := c.CombinedOutput()
	status, ok := c.ProcessState.Sys().(syscall.WaitStatus)
	killed = ok && status.Signaled()
	if !killed && (err != nil || len(l.Calls()) >= call) {
		l.Errorf("it was not killed at call %d: %v after %v\n%s", call, err, l.Calls(), out)
	}
	l.Heal()
	return killed
}

// collect removes what is left.
func (l *lab) collect() {
	l.Helper()
	acc, err := (&access.Options{}).Open(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	j, err := journal.Open("")
	if err != nil {
		l.Fatal(err)
	}
	defer j.Close()
	if err := gc.Collect(l.Context(), gc.Options{Account: acc, Journal: j}); err != nil {
		l.Error(err)
	}
}

// TestKilled kills a run with -9 at each of its calls, just before it is done
// and just after. Then gc leaves nothing but finished AMIs, and another run makes
// all of them, with gc before it or without.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes many AMIs")
	}
	l := newLab(t)
	l.bake("ab  c")
	l.process(l.ami(copied), l.disk())
	calls := l.Calls()
	creates := strings.Count(strings.Join(calls[:index(calls, "RegisterImage")], " "), " ") + 2
	for call := 1; call <= len(calls); call++ {
		for _, done := range []bool{false, true} {
			l := newLab(t)
			l.bake("ab  c")
			if !l.killAt(call, done) {
				continue
			}
			if call%2 == 0 || done { // else the next run goes on with all that is there
				l.collect()
				images, snapshots := l.there("image"), l.there("snapshot")
				if images != snapshots || call < creates && images > 0 || images > 2 {
					t.Errorf("killed at %s (call %d, done %t): left %v", calls[call-1], call, done, l.Inspect())
				}
			}
			_, err := l.ami(copied).Process(t.Context(), l.disk(), nil)
			l.collect()
			if images, snapshots := l.there("image"), l.there("snapshot"); err != nil || images != 2 || snapshots != 2 {
				t.Errorf("killed at %s (call %d, done %t): the next run left %v, error %v", calls[call-1], call, done, l.Inspect(), err)
			}
		}
	}
}

func index(calls []string, action string) int {
	for i, c := range calls {
		if c == action {
			return i
		}
	}
	return len(calls)
}
