package ebs

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// TestPublish makes of the image what the options ask for.
func TestPublish(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name   string
		change func(*Builder)
		id     string // regions of the artifact
		left   string
		calls  []string // in this order, among others
	}{
		{"copies", func(b *Builder) { b.AMI.AMIRegions = []string{"us-east-1", "eu-central-1"} }, "eu-central-1 eu-west-1 us-east-1", "image:3 snapshot:3", []string{"CreateImage", "CopyImage", "CopyImage", "CreateTags"}},
		{"only a copy", func(b *Builder) { b.AMI.AMIRegions, b.AMI.SkipSaveBuildRegion = []string{"us-east-1"}, true }, "us-east-1", "image:1 snapshot:1", []string{"CopyImage", "DeregisterImage", "DeleteSnapshot"}},
		{"encrypted", func(b *Builder) { b.AMI.EncryptBoot, b.AMI.KMSKeyID = &yes, "alias/key" }, "eu-west-1", "image:1 snapshot:1", []string{"CopyImage", "CreateTags", "DeregisterImage"}},
		{"no AMI", func(b *Builder) { b.SkipCreateAMI = true }, "", "", []string{"StopInstances", "TerminateInstances"}},
		{"deprecated, and protected", func(b *Builder) {
			b.AMI.DeprecateAt = time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
			b.AMI.IMDSSupport, b.AMI.AMIDescription = "v2.0", "of {{ .SourceAMIName }}"
		}, "eu-west-1", "image:1 snapshot:1", []string{"CreateImage", "ModifyImageAttribute", "EnableImageDeprecation"}},
		{"shared snapshots", func(b *Builder) { b.AMI.SnapshotUsers = []string{"111122223333"} }, "eu-west-1", "image:1 snapshot:1", []string{"ModifySnapshotAttribute"}},
		{"spot", func(b *Builder) { b.Spot.Price, b.Spot.FleetTags = "auto", map[string]string{"a": "b"} }, "eu-west-1", "image:1 snapshot:1", []string{"CreateLaunchTemplate", "CreateFleet", "CreateImage", "DeleteLaunchTemplate"}},
		{"rights of its own", func(b *Builder) {
			b.Profile.Policy = &profile.Policy{Statement: []profile.Statement{{Action: []string{"s3:GetObject"}, Resource: []string{"*"}}}}
		}, "eu-west-1", "image:1 snapshot:1", []string{"CreateRole", "PutRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile", "RunInstances", "DeleteInstanceProfile", "DeleteRole"}},
		{"nobody enters it", func(b *Builder) { b.SSH.Communicator = "none" }, "eu-west-1", "image:1 snapshot:1", []string{"RunInstances", "DescribeInstances", "StopInstances", "CreateImage"}},
		{"its own key and groups", func(b *Builder) { b.SSH.Password = "tester's secret" }, "eu-west-1", "image:1 snapshot:1", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			made, err := l.bake(t.Context(), l.builder(c.change))
			if err != nil {
				t.Fatal(err)
			}
			var regions []string
			for one := range strings.SplitSeq(made.ID, ",") {
				region, _, _ := strings.Cut(one, ":")
				regions = append(regions, region)
			}
			if got := strings.Join(regions, " "); got != c.id {
				t.Errorf("made %s", made.ID)
			}
			if got := l.left(); got != c.left {
				t.Errorf("left %q, want %q", got, c.left)
			}
			l.forgotten()
			calls := l.Calls()
			for _, want := range c.calls {
				i := slices.Index(calls, want)
				if i < 0 {
					t.Fatalf("no %s (in its place) in %v", want, l.Calls())
				}
				calls = calls[i+1:]
			}
			if made.Destroy != nil {
				if err := made.Destroy(nil); err != nil || l.left() != "" {
					t.Errorf("after its removal: %q, %v", l.left(), err)
				}
			}
		})
	}
}

// TestCopiesAtOnce copies to two regions in the time of one.
func TestCopiesAtOnce(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	l.Inject(ec2box.Fault{Action: "CopyImage", Before: func() { l.SetTiming(ec2box.Timing{Image: 1500 * time.Millisecond}) }})
	if _, err := l.bake(t.Context(), l.builder(func(b *Builder) { b.AMI.AMIRegions = []string{"us-east-1", "eu-central-1"} })); err != nil {
		t.Fatal(err)
	}
	if took := l.sealed.Sub(l.began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	for _, region := range []string{"us-east-1", "eu-central-1"} {
		if !l.told(region+": copying") || !l.told(region+": ami-") {
			t.Errorf("of %s: %q", region, l.said)
		}
	}
}

// TestCopiesGoOn has a copy refused: what is finished is kept, and the next run
// of the same makes only what is missing.
func TestCopiesGoOn(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	copies := func(b *Builder) { b.AMI.AMIRegions = []string{"us-east-1", "eu-central-1"} }
	l.Inject(ec2box.Fault{Action: "CopyImage", Region: "us-east-1", Code: "UnauthorizedOperation"})
	b := l.builder(copies)
	if made, _, err := b.Finish(t.Context(), "key", time.Time{}, l.out()); made != nil || err != nil {
		t.Fatal(made, err)
	}
	_, err := l.bake(t.Context(), b)
	if err == nil || !strings.Contains(err.Error(), "in eu-central-1 is finished and kept") || !strings.Contains(err.Error(), "in eu-west-1 is finished and kept") {
		t.Errorf("got %v", err)
	}
	if got := l.left(); got != "image:2 snapshot:2" {
		t.Errorf("left %q", got)
	}
	made, _, err := l.builder(copies).Finish(t.Context(), "key", time.Time{}, l.out())
	if err != nil || made == nil || strings.Count(made.ID, "ami-") != 3 || l.left() != "image:3 snapshot:3" {
		t.Errorf("made %+v, left %q, %v", made, l.left(), err)
	}
	l.forgotten()
	for _, i := range l.Inspect().Of("image") {
		if i.Tags["ovenbird:expires"] != "never" || !strings.Contains(made.ID, i.ID) {
			t.Errorf("image %+v", i)
		}
	}
}

// TestReplace deregisters the old AMI only when the new one is available.
func TestReplace(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	first, err := l.bake(t.Context(), l.builder(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.bake(t.Context(), l.builder(nil)); err == nil || !strings.Contains(err.Error(), "is taken by "+first.ID[10:]) {
		t.Errorf("got %v", err)
	}
	force := func(b *Builder) { b.AMI.ForceDeregister, b.AMI.ForceDeleteSnapshot = true, true }
	l.Inject(ec2box.Fault{Action: "CreateImage", Code: "InternalError", Times: -1})
	b := l.builder(force)
	b.Access.MaxRetries = 1
	if _, err := l.bake(t.Context(), b); err == nil || l.left() != "image:1 snapshot:1" {
		t.Errorf("got %v, left %q", err, l.left())
	}
	l.Heal()
	before := len(l.Calls())
	second, err := l.bake(t.Context(), l.builder(force))
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Inspect().Of("image"); len(got) != 1 || got[0].Name != "web" || "eu-west-1:"+got[0].ID != second.ID || second.ID == first.ID || got[0].Tags["ovenbird:expires"] != "never" {
		t.Errorf("images %+v, made %s", got, second.ID)
	}
	if got := l.left(); got != "image:1 snapshot:1" {
		t.Errorf("left %q", got)
	}
	l.forgotten()
	calls := l.Calls()[before:]
	if made, gone := slices.Index(calls, "CreateImage"), slices.Index(calls, "DeregisterImage"); made < 0 || gone < made || slices.Index(calls, "RegisterImage") < gone {
		t.Errorf("calls %v", calls)
	}
}

// TestReplaceCopies replaces in every region, also an encrypted AMI.
func TestReplaceCopies(t *testing.T) {
	yes := true
	for name, encrypt := range map[string]*bool{"plain": nil, "encrypted": &yes} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			var ids []string
			for range 2 {
				made, err := l.bake(t.Context(), l.builder(func(b *Builder) {
					b.AMI.AMIRegions, b.AMI.EncryptBoot = []string{"us-east-1"}, encrypt
					b.AMI.ForceDeregister, b.AMI.ForceDeleteSnapshot = true, true
				}))
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, made.ID)
			}
			if got := l.left(); got != "image:2 snapshot:2" || ids[0] == ids[1] {
				t.Errorf("left %q, made %v", got, ids)
			}
			for _, i := range l.Inspect().Of("image") {
				if i.Name != "web" || !strings.Contains(ids[1], i.ID) || i.Tags["ovenbird:expires"] != "never" {
					t.Errorf("image %+v", i)
				}
			}
			l.forgotten()
		})
	}
}

// TestCustomEndpoint reaches every region over one URL.
func TestCustomEndpoint(t *testing.T) {
	for _, way := range []string{"custom_endpoint_ec2", "AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL"} {
		l := newLab(t, ec2box.Timing{})
		t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
		if way != "custom_endpoint_ec2" {
			t.Setenv(way, l.url)
		}
		_, err := l.bake(t.Context(), l.builder(func(b *Builder) {
			if way == "custom_endpoint_ec2" {
				b.Access.CustomEndpointEC2 = l.url
			}
			b.AMI.AMIRegions, b.AMI.AMIUsers, b.AMI.AMIDescription = []string{"us-east-1"}, []string{"111122223333"}, "a copy"
		}))
		if err != nil || l.left() != "image:2 snapshot:2" {
			t.Errorf("%s: left %q, %v", way, l.left(), err)
		}
		t.Setenv("AWS_ENDPOINT_URL_EC2", "")
	}
}
