package gc

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// TestNoTrace has a run die before its call: the entry is given up after a while.
func TestNoTrace(t *testing.T) {
	l := newLab(t)
	dead := l.journal()
	e := l.entry("r", "key-pair", "packer_"+uuid.NewString(), "")
	l.write(dead, []journal.Entry{e}, false)
	_ = dead.Close()
	said, err := l.collect(nil)
	if left, _ := l.journal().Left(); err != nil || len(left) != 1 || len(said) != 1 || !strings.Contains(said[0], "the next gc looks again") {
		t.Errorf("got %v, %q, %v", left, said, err)
	}
	said, err = l.collect(func(o *Options) { o.Now = time.Now().Add(time.Hour) })
	if left, _ := l.journal().Left(); err != nil || len(left) != 0 || len(said) != 0 {
		t.Errorf("got %v, %q, %v", left, said, err)
	}
}

// TestNotLookedFor has a run die in calls whose answers never came: where nobody
// could look for what they made, their entries stay.
func TestNotLookedFor(t *testing.T) {
	for name, c := range map[string]struct {
		fault  string // an action
		change func(*Options)
	}{
		"another region":     {"", func(o *Options) { o.Regions = []string{"us-east-1"} }},
		"it cannot be found": {"DescribeKeyPairs", func(*Options) {}},
		"roles neither":      {"ListRoles", func(*Options) {}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			kind := map[bool]string{true: "role", false: "key-pair"}[c.fault == "ListRoles"]
			dead := l.journal()
			l.write(dead, []journal.Entry{l.entry("r", kind, "packer_"+uuid.NewString(), "")}, false)
			_ = dead.Close()
			if c.fault != "" {
				l.Inject(ec2box.Fault{Action: c.fault, Times: -1, Code: "UnauthorizedOperation"})
			}
			said, err := l.collect(func(o *Options) {
				o.Now = time.Now().Add(time.Hour)
				c.change(o)
			})
			if left, _ := l.journal().Left(); (err != nil) != (c.fault != "") || len(left) != 1 {
				t.Errorf("got %v, %q, %v", left, said, err)
			}
		})
	}
}

// TestChosenName has a run die whose key pair had a name that the template
// chose, and somebody else have a key pair of that name by now.
func TestChosenName(t *testing.T) {
	l := newLab(t)
	name := "builds"
	dead := l.journal()
	l.write(dead, []journal.Entry{l.entry("r", "key-pair", name, name)}, true)
	_ = dead.Close()
	amazontest.Must[*ec2.CreateKeyPairOutput](l.Lab)(l.EC2.CreateKeyPair(t.Context(), &ec2.CreateKeyPairInput{KeyName: &name}))
	said, err := l.collect(func(o *Options) { o.Now = time.Now().Add(time.Hour) })
	if left, _ := l.journal().Left(); err != nil || len(left) != 0 || l.left() != "key-pair 1" {
		t.Errorf("left %s, %v: %q, %v", l.left(), left, said, err)
	}
}

// TestUnknownAccount has nobody tell whose the credentials are: what another
// account has does not count as gone.
func TestUnknownAccount(t *testing.T) {
	l := newLab(t)
	dead := l.journal()
	l.write(dead, []journal.Entry{l.entry("r", "instance", "t3.micro", "i-0123456789abcdef0")}, true)
	_ = dead.Close()
	l.Inject(ec2box.Fault{Action: "GetCallerIdentity", Times: -1, Code: "InvalidAction"})
	stranger := l.Login(access.Options{SkipCredentialValidation: true})
	said, err := l.collect(func(o *Options) { o.Account = stranger })
	if left, _ := l.journal().Left(); err != nil || len(left) != 1 {
		t.Errorf("left %v: %q, %v", left, said, err)
	}
}

// TestTrouble has calls fail: what could not be removed is in the journal still.
func TestTrouble(t *testing.T) {
	l := newLab(t)
	entries := l.all(uuid.NewString(), time.Now().Add(time.Hour))
	dead := l.journal()
	l.write(dead, entries, true)
	_ = dead.Close()
	for _, action := range []string{"TerminateInstances", "DeregisterImage", "DeleteKeyPair", "DeleteRole", "DescribeRegions"} {
		l.Inject(ec2box.Fault{Action: action, Times: -1, Code: map[bool]string{true: "AccessDenied", false: "UnauthorizedOperation"}[action == "DeleteRole"]})
	}
	l.Inject(ec2box.Fault{Action: "DeleteSecurityGroup", Times: -1, Code: "UnauthorizedOperation"})
	said, err := l.collect(nil)
	text := strings.Join(said, "\n")
	if err == nil || !strings.Contains(err.Error(), "5 of what is left could not be removed") || !strings.Contains(text, "TerminateInstances of i-") || !strings.Contains(text, "allow ec2:TerminateInstances") {
		t.Fatalf("got %v\n%s", err, text)
	}
	l.Heal()
	if said, err = l.collect(nil); err != nil || l.left() != "" {
		t.Errorf("healed: %s: %v\n%s", l.left(), err, strings.Join(said, "\n"))
	}
}

// TestTogether has several collections at once: each thing goes once, and nobody
// is in anybody's way.
func TestTogether(t *testing.T) {
	l := newLab(t)
	entries := l.all(uuid.NewString(), time.Now().Add(-time.Minute))
	dead := l.journal()
	l.write(dead, entries, true)
	_ = dead.Close()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if said, err := l.collect(nil); err != nil {
				t.Errorf("%v: %q", err, said)
			}
		})
	}
	all.Wait()
	if got := l.left(); got != "" {
		t.Errorf("left %s", got)
	}
}
