package amazonami

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

func TestProcess(t *testing.T) {
	l := newLab(t)
	made := l.process(l.ami(func(a *AMI) {
		a.AMI.AMIDescription, a.BootMode, a.VolumeSize = "of {{ build_name }}", "uefi-preferred", 3
		a.AMI.Tags, a.AMI.SnapshotTags = map[string]string{"Region": "{{ .BuildRegion }}"}, map[string]string{"Part": "root"}
		a.AMI.AMIUsers = []string{"123456789013"}
	}), l.bake("ab  c"))
	id := made.Details["ami."+home]
	if made.Builder != builderID || made.ID != home+":"+id || !strings.HasPrefix(id, "ami-") {
		t.Errorf("made %+v", made)
	}
	i := l.image(made, home)
	if i.Architecture != "x86_64" || i.BootMode != "uefi-preferred" || !aws.ToBool(i.EnaSupport) || i.ImdsSupport != "v2.0" || aws.ToString(i.RootDeviceName) != "/dev/xvda" ||
		aws.ToString(i.Description) != "of web" || i.VirtualizationType != "hvm" || aws.ToString(i.Name) != "web" {
		t.Errorf("the AMI is %+v", i)
	}
	root := i.BlockDeviceMappings[0].Ebs
	if aws.ToInt32(root.VolumeSize) != 3 || root.VolumeType != "gp3" || !aws.ToBool(root.DeleteOnTermination) || aws.ToBool(root.Encrypted) {
		t.Errorf("its root is %+v", root)
	}
	if has(i.Tags, "Region") != home || has(i.Tags, "ovenbird:template") != "templates/qemu.web" || has(i.Tags, "ovenbird:expires") != "never" {
		t.Errorf("its tags are %v", i.Tags)
	}
	if s := l.snapshot(*root.SnapshotId); has(s.Tags, "Part") != "root" || has(s.Tags, "ovenbird:expires") != "never" || aws.ToInt32(s.VolumeSize) != 3 {
		t.Errorf("its snapshot is %+v", s)
	}
	for action, want := range map[string]int{"StartSnapshot": 1, "PutSnapshotBlock": 3, "CompleteSnapshot": 1, "RegisterImage": 1, "CopyImage": 0, "RunInstances": 0} {
		if n := l.count(action); n != want {
			t.Errorf("%s was called %d times", action, n)
		}
	}
	if err := made.Destroy(nil); err != nil || l.there("image")+l.there("snapshot") != 0 {
		t.Errorf("it left %v, error %v", l.Inspect(), err)
	}
}

func has(tags []types.Tag, key string) string {
	for _, t := range tags {
		if aws.ToString(t.Key) == key {
			return aws.ToString(t.Value)
		}
	}
	return ""
}

func TestDelta(t *testing.T) {
	for name, c := range map[string]struct {
		first, second func(*AMI)
		letters       string
		puts          int
	}{
		"one block":   {nil, nil, "aX  c", 1},
		"nothing":     {nil, nil, "ab  c", 0},
		"switched":    {nil, func(a *AMI) { a.Delta = false }, "aX  c", 3},
		"elsewhere":   {nil, func(a *AMI) { a.env.CacheDir = t.TempDir() }, "aX  c", 1},
		"of another":  {nil, func(a *AMI) { a.env.Build = "qemu.db" }, "aX  c", 3},
		"now secret":  {nil, func(a *AMI) { a.AMI.EncryptBoot = aws.Bool(true) }, "aX  c", 3},
		"same secret": {secret, secret, "aX  c", 1},
		"no secret":   {secret, nil, "aX  c", 3},
		"own key":     {ownKey, ownKey, "aX  c", 1},
		"other key":   {ownKey, secret, "aX  c", 3},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.process(l.ami(c.first), l.bake("ab  c"))
			l.forget()
			second := l.process(l.ami(func(a *AMI) {
				a.AMI.AMIName = "web-2"
				if c.second != nil {
					c.second(a)
				}
			}), l.bake(c.letters))
			if n := l.count("PutSnapshotBlock"); n != c.puts || l.count("CopyImage") != 0 {
				t.Errorf("%d blocks were put, %d copies made", n, l.count("CopyImage"))
			}
			a := l.ami(c.second)
			root := l.image(second, home).BlockDeviceMappings[0].Ebs
			if aws.ToBool(root.Encrypted) != a.AMI.Encrypts() {
				t.Errorf("its root is %+v", root)
			}
		})
	}
}

func ownKey(a *AMI) { a.AMI.EncryptBoot = aws.Bool(true) }

func secret(a *AMI) {
	a.AMI.EncryptBoot = aws.Bool(true)
	a.AMI.KMSKeyID = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

func TestRegions(t *testing.T) {
	l := newLab(t)
	made := l.process(l.ami(func(a *AMI) {
		a.AMI.AMIRegions, a.AMI.EncryptBoot = []string{"eu-west-1", "us-east-1"}, aws.Bool(true)
	}), l.bake("ab  c"))
	for _, region := range []string{home, "eu-west-1", "us-east-1"} {
		if i := l.image(made, region); !aws.ToBool(i.BlockDeviceMappings[0].Ebs.Encrypted) || aws.ToString(i.Name) != "web" {
			t.Errorf("in %s it is %+v", region, i)
		}
	}
	l.forget() // a delta to a copy, and copies again
	l.process(l.ami(func(a *AMI) {
		a.AMI.AMIRegions, a.AMI.EncryptBoot, a.AMI.ForceDeregister, a.AMI.ForceDeleteSnapshot = []string{"eu-west-1", "us-east-1"}, aws.Bool(true), true, true
	}), l.bake("aX  c"))
	if n := l.count("PutSnapshotBlock"); n != 1 {
		t.Errorf("%d blocks were put", n)
	}
	if l.there("image") != 3 || l.there("snapshot") != 3 {
		t.Errorf("there are %v", l.Inspect().Counts())
	}
}

func TestSkipUnchanged(t *testing.T) {
	for name, c := range map[string]struct {
		letters string
		set     func(*AMI)
		images  int // in both regions
	}{
		"same":       {"ab  c", func(*AMI) {}, 2},
		"disk":       {"aX  c", func(*AMI) {}, 4},
		"boot mode":  {"ab  c", func(a *AMI) { a.BootMode = "uefi" }, 4},
		"not wanted": {"ab  c", func(a *AMI) { a.SkipUnchanged = false }, 4},
		"new region": {"ab  c", func(a *AMI) { a.AMI.AMIRegions = []string{"eu-west-1", "us-east-1"} }, 5},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			set := func(a *AMI) { a.SkipUnchanged, a.AMI.AMIRegions = true, []string{"eu-west-1"} }
			first := l.process(l.ami(set), l.bake("ab  c"))
			for range 2 { // the second of the same changes nothing in any case
				second := l.process(l.ami(func(a *AMI) {
					set(a)
					c.set(a)
					a.AMI.AMIName, a.AMI.ForceDeregister = "web-2", true
				}), l.bake(c.letters))
				if (second.ID == first.ID) != (c.images == 2) || l.there("image") != c.images || l.there("snapshot") != c.images && name != "not wanted" {
					t.Errorf("made %s and then %s; there are %v", first.ID, second.ID, l.Inspect().Counts())
				}
			}
		})
	}
}

func TestName(t *testing.T) {
	l := newLab(t)
	first := l.process(l.ami(nil), l.bake("ab  c"))
	l.forget()
	if _, err := l.ami(nil).Process(t.Context(), l.bake("aX  c"), nil); err == nil || !strings.Contains(err.Error(), "the name web is taken in eu-central-1 by "+first.Details["ami."+home]) {
		t.Errorf("error is %v", err)
	}
	if err := l.ami(nil).CheckOnline(t.Context()); err == nil || !strings.Contains(err.Error(), "the name web is taken") {
		t.Errorf("error is %v", err)
	}
	if err := l.ami(func(a *AMI) { a.AMI.AMIName = "other" }).CheckOnline(t.Context()); err != nil {
		t.Error(err)
	}
	if l.count("StartSnapshot") != 0 {
		t.Error("something was sent")
	}
	second := l.process(l.ami(func(a *AMI) { a.AMI.ForceDeregister, a.AMI.ForceDeleteSnapshot = true, true }), l.bake("aX  c"))
	if i := l.image(second, home); aws.ToString(i.Name) != "web" || l.there("image") != 1 || l.there("snapshot") != 1 {
		t.Errorf("it is %+v; there are %v", i, l.Inspect().Counts())
	}
}

// TestInterrupted interrupts a run after each call that creates or ends
// something; the next run goes on, and nothing is left twice.
func TestInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		fault ec2box.Fault
		left  string // in the journal
		puts  int    // of the second run
	}{
		"start":        {ec2box.Fault{Action: "StartSnapshot", Drop: ec2box.AfterCall}, "snapshot", 3},
		"before start": {ec2box.Fault{Action: "StartSnapshot", Drop: ec2box.BeforeCall}, "snapshot", 3},
		"second block": {ec2box.Fault{Action: "PutSnapshotBlock", First: 2, Drop: ec2box.AfterCall}, "snapshot", 2},
		"completion":   {ec2box.Fault{Action: "CompleteSnapshot", Drop: ec2box.AfterCall}, "snapshot", 0},
		"waiting":      {ec2box.Fault{Action: "DescribeSnapshots", Drop: ec2box.AfterCall}, "snapshot", 0},
		"tagging":      {ec2box.Fault{Action: "CreateTags", Drop: ec2box.BeforeCall}, "image", 0},
		"tagged":       {ec2box.Fault{Action: "CreateTags", Drop: ec2box.AfterCall}, "image", 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			disk := l.bake("ab  c")
			ctx, cancel := context.WithCancelCause(t.Context())
			c.fault.Before = func() { cancel(errors.New("interrupted")) }
			l.Inject(c.fault)
			if _, err := l.ami(nil).Process(ctx, disk, nil); err == nil {
				t.Fatalf("error is %v", err)
			}
			if left := l.left(); left != c.left {
				t.Errorf("the journal has %q", left)
			}
			l.Heal()
			l.forget()
			made := l.process(l.ami(nil), disk)
			if n := l.count("PutSnapshotBlock"); n != c.puts {
				t.Errorf("%d blocks were put", n)
			}
			if i := l.image(made, home); has(i.Tags, "ovenbird:expires") != "never" || l.there("image") != 1 || l.there("snapshot") != 1 {
				t.Errorf("it is %+v; there are %v", i, l.Inspect())
			}
		})
	}
}

func TestTrouble(t *testing.T) {
	l := newLab(t)
	l.Inject(ec2box.Fault{Action: "RegisterImage", Drop: ec2box.AfterCall}) // tried again, it is there already
	l.process(l.ami(nil), l.bake("ab  c"))
	if l.there("image") != 1 {
		t.Errorf("there are %v", l.Inspect().Counts())
	}
	for action, want := range map[string]string{
		"StartSnapshot": "allow ebs:StartSnapshot", "PutSnapshotBlock": "allow ebs:PutSnapshotBlock", "RegisterImage": "allow ec2:RegisterImage",
	} {
		code := "UnauthorizedOperation"
		if action != "RegisterImage" {
			code = "AccessDeniedException"
		}
		l.Inject(ec2box.Fault{Action: action, Code: code, Status: 403, Message: "You are not allowed to."})
		before := l.left()
		_, err := l.ami(func(a *AMI) { a.AMI.AMIName, a.Delta, a.env.CacheDir = "web-"+action, false, t.TempDir() }).Process(t.Context(), l.bake("ab  c"), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v", action, err)
		}
		if left := l.left(); (left == before) != (action == "StartSnapshot") { // of the others, the snapshot stays for another try
			t.Errorf("%s: the journal has %q", action, left)
		}
		l.Heal()
	}
}

// The disk never goes to Amazon when EC2 is elsewhere.
func TestEndpoint(t *testing.T) {
	l := newLab(t)
	url := os.Getenv("AWS_ENDPOINT_URL")
	t.Setenv("AWS_ENDPOINT_URL", "")
	t.Setenv("AWS_ENDPOINT_URL_EC2", url)
	skip := func(a *AMI) { a.Access.SkipCredentialValidation = true }
	if _, err := l.ami(skip).Process(t.Context(), l.bake("a"), nil); err == nil || !strings.Contains(err.Error(), "set AWS_ENDPOINT_URL") {
		t.Errorf("error is %v", err)
	}
	t.Setenv("AWS_ENDPOINT_URL_EBS", url)
	l.process(l.ami(skip), l.bake("a"))
}
