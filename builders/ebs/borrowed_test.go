package ebs

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders/ebs/device"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
)

// client is a login of the user's.
func (l *lab) client() *ec2.Client {
	l.Helper()
	acc, err := (&access.Options{SkipCredentialValidation: true}).Open(l.Context())
	if err != nil {
		l.Fatal(err)
	}
	return acc.EC2("")
}

// TestTheirKey has the template choose the name of a key pair that is there: it
// stays, and what is said helps.
func TestTheirKey(t *testing.T) {
	l := newLab(t, ec2box.Timing{})
	if _, err := l.client().CreateKeyPair(t.Context(), &ec2.CreateKeyPairInput{KeyName: aws.String("mine")}); err != nil {
		t.Fatal(err)
	}
	before := l.Inspect().Of("key-pair")
	_, err := l.bake(t.Context(), l.builder(func(b *Builder) { b.SSH.TemporaryKeyPairName = "mine" }))
	if err == nil || !strings.Contains(err.Error(), "InvalidKeyPair.Duplicate") || !strings.Contains(err.Error(), "choose another temporary_key_pair_name") {
		t.Errorf("got %v", err)
	}
	if after := l.Inspect().Of("key-pair"); l.left() != "key-pair:1" || len(after) != 1 || after[0].ID != before[0].ID {
		t.Errorf("left %q: %+v, was %+v", l.left(), after, before)
	}
	l.forgotten()
}

// TestTheirSnapshot has an AMI stand on a snapshot of the user's beside the
// build's own: it is neither tagged nor shared, and stays whatever goes.
func TestTheirSnapshot(t *testing.T) {
	yes := true
	for name, c := range map[string]struct {
		change func(*Builder)
		made   string // what is there then, beside the user's snapshot
	}{
		"an AMI":    {func(*Builder) {}, "image:1 snapshot:2"},
		"encrypted": {func(b *Builder) { b.AMI.EncryptBoot, b.AMI.KMSKeyID = &yes, "alias/key" }, "image:1 snapshot:3"},
		"only a copy": {func(b *Builder) {
			b.AMI.AMIRegions, b.AMI.SkipSaveBuildRegion = []string{"us-east-1"}, true
		}, "image:1 snapshot:3"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, ec2box.Timing{})
			theirs := l.snapshot()
			made, err := l.bake(t.Context(), l.builder(func(b *Builder) {
				b.Devices.Image = []device.Mapping{{DeviceName: "/dev/sdf", SnapshotID: theirs}}
				b.AMI.SnapshotUsers = []string{"111122223333"}
				c.change(b)
			}))
			if err != nil {
				t.Fatal(err)
			}
			if l.left() != c.made {
				t.Errorf("left %q", l.left())
			}
			l.forgotten()
			shared, err := l.client().DescribeSnapshotAttribute(t.Context(), &ec2.DescribeSnapshotAttributeInput{
				SnapshotId: aws.String(theirs), Attribute: types.SnapshotAttributeNameCreateVolumePermission,
			})
			if err != nil || len(shared.CreateVolumePermissions) != 0 {
				t.Errorf("shared with %+v, %v", shared, err)
			}
			if strings.Contains(made.Details["snapshots.eu-west-1"], theirs) {
				t.Errorf("it counts as made: %v", made.Details)
			}
			if err := made.Destroy(nil); err != nil {
				t.Error(err)
			}
			if all := l.Inspect().Of("snapshot"); len(all) != 1 || all[0].ID != theirs || len(all[0].Tags) != 0 {
				t.Errorf("then %+v", all)
			}
		})
	}
}

// snapshot is one of the user's.
func (l *lab) snapshot() string {
	l.Helper()
	c := l.client()
	v, err := c.CreateVolume(l.Context(), &ec2.CreateVolumeInput{AvailabilityZone: aws.String("eu-west-1a"), Size: aws.Int32(1)})
	if err != nil {
		l.Fatal(err)
	}
	available := func(o *ec2.VolumeAvailableWaiterOptions) { o.MinDelay = 100 * time.Millisecond }
	if err := ec2.NewVolumeAvailableWaiter(c, available).Wait(l.Context(), &ec2.DescribeVolumesInput{VolumeIds: []string{*v.VolumeId}}, time.Minute); err != nil {
		l.Fatal(err)
	}
	s, err := c.CreateSnapshot(l.Context(), &ec2.CreateSnapshotInput{VolumeId: v.VolumeId})
	if err == nil {
		completed := func(o *ec2.SnapshotCompletedWaiterOptions) { o.MinDelay = 100 * time.Millisecond }
		err = ec2.NewSnapshotCompletedWaiter(c, completed).Wait(l.Context(), &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*s.SnapshotId}}, time.Minute)
	}
	if err == nil {
		_, err = c.DeleteVolume(l.Context(), &ec2.DeleteVolumeInput{VolumeId: v.VolumeId})
	}
	if err != nil {
		l.Fatal(err)
	}
	return *s.SnapshotId
}
