package ebs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// TestRefused has EC2 refuse each call of a bake in turn: the error names it,
// the resource and the right that is missing, and nothing is left.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		action string
		names  string // the resource, in the error
		left   string
	}{
		{"DescribeImages", "", ""},
		{"CreateKeyPair", "packer_", ""},
		{"CreateSecurityGroup", "packer_", ""},
		{"AuthorizeSecurityGroupIngress", "sg-", ""},
		{"RunInstances", "ami-", ""},
		{"DescribeInstances", "i-", ""},
		{"StopInstances", "i-", ""},
		{"CreateImage", "web", ""},
		{"ModifyImageAttribute", "ami-", "image:1 snapshot:1"}, // finished, and kept
		{"CreateTags", "ami-", "image:1 snapshot:1"},
	} {
		t.Run(c.action, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			l.Inject(ec2box.Fault{Action: c.action, Code: "UnauthorizedOperation"})
			_, err := l.bake(t.Context(), l.builder(func(b *Builder) { b.AMI.AMIUsers = []string{"111122223333"} }))
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range []string{c.action + " of " + c.names, "UnauthorizedOperation", "ec2:" + c.action} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
			if got := l.left(); got != c.left {
				t.Errorf("left %q", got)
			}
			if c.left == "" {
				l.forgotten()
			}
		})
	}
}

// TestInterrupted ends a bake just before, or just after, each of its calls is
// done: nothing is left but an AMI.
func TestInterrupted(t *testing.T) {
	stop := errors.New("stopped")
	for _, action := range []string{
		"DescribeImages", "CreateKeyPair", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RunInstances", "DescribeInstances",
		"StopInstances", "CreateImage", "CreateTags",
	} {
		for _, after := range []bool{false, true} {
			l := newLab(t, ec2box.Timing{})
			ctx, cancel := context.WithCancelCause(t.Context())
			f := ec2box.Fault{Action: action, Before: func() { cancel(stop) }}
			if after {
				f.Before, f.After = nil, f.Before
			}
			l.Inject(f)
			_, err := l.bake(ctx, l.builder(nil))
			if err == nil && action != "CreateTags" {
				t.Errorf("%s, after %t: got %v", action, after, err)
			}
			if got := l.left(); got != "" && got != "image:1 snapshot:1" {
				t.Errorf("%s, after %t: left %q", action, after, got)
			}
			cancel(nil)
		}
	}
}

// TestLostAnswer has each create done without us learning of it: it is found
// again, or done once.
func TestLostAnswer(t *testing.T) {
	for _, action := range []string{"CreateKeyPair", "CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "RunInstances", "CreateImage", "TerminateInstances", "DeleteSecurityGroup", "DeleteKeyPair"} {
		t.Run(action, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			l.Inject(ec2box.Fault{Action: action, Drop: ec2box.AfterCall})
			if _, err := l.bake(t.Context(), l.builder(nil)); err != nil {
				t.Fatal(err)
			}
			if got := l.left(); got != "image:1 snapshot:1" {
				t.Errorf("left %q", got)
			}
			l.forgotten()
		})
	}
}

// TestNoCapacity goes on to the next type, but only when capacity is what is
// missing.
func TestNoCapacity(t *testing.T) {
	for _, c := range []struct {
		name  string
		code  string
		full  string // the type that cannot be had
		runs  int
		fails string
	}{
		{"the first is full", "", "t3.small", 2, ""},
		{"all are full", "", "t3", 2, "no instance could be launched"},
		{"something else", "InvalidParameterValue", "", 1, "InvalidParameterValue"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			if c.full != "" {
				l.Exhaust(func(kind, _ string) bool { return strings.HasPrefix(kind, c.full) })
			}
			if c.code != "" {
				l.Inject(ec2box.Fault{Action: "RunInstances", Code: c.code})
			}
			_, err := l.bake(t.Context(), l.builder(func(b *Builder) { b.Instance.InstanceTypes = []string{"t3a.small"} }))
			if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("got %v", err)
			}
			runs := 0
			for _, call := range l.Calls() {
				if call == "RunInstances" {
					runs++
				}
			}
			if runs != c.runs {
				t.Errorf("%d launches, want %d", runs, c.runs)
			}
			if got := l.left(); err != nil && got != "" {
				t.Errorf("left %q", got)
			}
		})
	}
}

// TestNoSSH tells of an instance that nobody gets into what it shows.
func TestNoSSH(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	l.ssh.Close()
	b := l.builder(func(b *Builder) { b.SSH.Timeout = time.Second })
	m, err := b.Boot(t.Context(), l.out())
	if err != nil {
		t.Fatal(err)
	}
	_, err = m.Guest(t.Context())
	if err == nil || !strings.Contains(err.Error(), "is running") {
		t.Errorf("got %v", err)
	}
	if got := m.(builders.Explainer).Explain(t.Context()); len(got) != 2 || !strings.HasPrefix(got[1], "console of i-") {
		t.Errorf("explained %q", got)
	}
	if err := m.Close(t.Context()); err != nil || l.left() != "" {
		t.Errorf("left %q, %v", l.left(), err)
	}
}

// TestKeep leaves the instance and what it needs, for someone to look at.
func TestKeep(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	m, err := l.builder(nil).Boot(t.Context(), l.out())
	if err == nil {
		_, err = m.Guest(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	m.(builders.Keeper).Keep()
	if err := m.Close(t.Context()); err != nil || l.left() != "instance:1 key-pair:1 security-group:1 volume:1" || !l.told("is kept") {
		t.Errorf("left %q, %v", l.left(), err)
	}
}

// TestKeptAMI interrupts the wait for the AMI, or lets it be too long: the AMI is
// kept, and the next run of the same picks it up.
func TestKeptAMI(t *testing.T) {
	stop := errors.New("stopped")
	for _, c := range []struct {
		name     string
		patience time.Duration
		cancel   bool
	}{
		{"a timeout", time.Second, false},
		{"an interrupt", time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{Image: 3 * time.Second})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if c.cancel {
				l.Inject(ec2box.Fault{Action: "CreateImage", After: func() { time.AfterFunc(200*time.Millisecond, func() { cancel(stop) }) }})
			}
			b := l.builder(func(b *Builder) { b.AMI.Patience = c.patience })
			if made, _, err := b.Finish(ctx, "key-1", time.Time{}, l.out()); made != nil || err != nil {
				t.Fatalf("finished %v, %v", made, err)
			}
			_, err := l.bake(ctx, b)
			if err == nil || c.cancel && !errors.Is(err, stop) || !c.cancel && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if got := l.left(); got != "image:1 snapshot:1" {
				t.Errorf("left %q", got)
			}
			if got := l.Inspect().Of("image"); got[0].Tags["ovenbird:expires"] == "never" {
				t.Errorf("it is not published yet: %+v", got)
			}
			for _, next := range []struct {
				key   string
				since time.Time
				made  bool
			}{{"key-2", time.Time{}, false}, {"key-1", time.Now().Add(time.Hour), false}, {"key-1", time.Time{}, true}, {"key-1", time.Time{}, false}} {
				b := l.builder(nil)
				made, _, err := b.Finish(t.Context(), next.key, next.since, l.out())
				if err != nil || (made != nil) != next.made {
					t.Errorf("%s: finished %v, %v", next.key, made, err)
				}
			}
			if got := l.Inspect().Of("image"); len(got) != 1 || got[0].Tags["ovenbird:expires"] != "never" {
				t.Errorf("images %+v", got)
			}
		})
	}
}

// TestFailedAMI removes an AMI that will never be one.
func TestFailedAMI(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	l.Inject(ec2box.Fault{Action: "CreateImage", Fails: true})
	_, err := l.bake(t.Context(), l.builder(nil))
	if err == nil || !strings.Contains(err.Error(), "is failed") {
		t.Errorf("got %v", err)
	}
	if got := l.left(); got != "" {
		t.Errorf("left %q", got)
	}
	l.forgotten()
}

// TestOnline checks what can be checked beforehand, and makes nothing.
func TestOnline(t *testing.T) {
	for _, c := range []struct {
		name   string
		inject *ec2box.Fault
		change func(*Builder)
		fails  string
	}{
		{"all well", nil, func(b *Builder) { b.AMI.AMIRegions = []string{"us-east-1"} }, ""},
		{"no source", nil, func(b *Builder) { b.Source.SourceAMI = "ami-0123456789abcdef0" }, "ami-0123456789abcdef0"},
		{"no right to launch", &ec2box.Fault{Action: "RunInstances", Code: "UnauthorizedOperation"}, nil, "allow ec2:RunInstances"},
		{"no right to a key", &ec2box.Fault{Action: "CreateKeyPair", Code: "UnauthorizedOperation"}, nil, "allow ec2:CreateKeyPair"},
		{"no region", nil, func(b *Builder) { b.AMI.AMIRegions = []string{"mars-north-1"} }, "no region mars-north-1"},
		{"a region it cannot speak to", &ec2box.Fault{Action: "DescribeImages", Region: "us-east-1", Code: "UnauthorizedOperation"}, func(b *Builder) {
			b.AMI.AMIRegions = []string{"us-east-1"}
		}, "allow ec2:DescribeImages"},
		{"no subnet", nil, func(b *Builder) { b.Network.SubnetID = "subnet-0123456789abcdef0" }, "subnet-0123456789abcdef0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			if c.inject != nil {
				l.Inject(*c.inject)
			}
			err := l.builder(c.change).CheckOnline(t.Context())
			if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Errorf("got %v", err)
			}
			if got := l.left(); got != "" || slices.Contains(l.Calls(), "StopInstances") {
				t.Errorf("left %q", got)
			}
		})
	}
}
