package ami_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/amazontest"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
	"github.com/ovenbird-io/ovenbird/internal/ec2box"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// studio publishes images of a sandbox.
type studio struct {
	*amazontest.Lab
	journal *journal.Journal
}

func newStudio(t *testing.T) *studio {
	t.Helper()
	s := &studio{Lab: amazontest.New(t)}
	var err error
	if s.journal, err = journal.Open(""); err != nil {
		t.Fatal(err)
	}
	return s
}

// publish makes an image of that name, and publishes it.
func (s *studio) publish(name string, o ami.Options, d ami.Data) (ami.Made, error) {
	s.Helper()
	made := s.Bake(s.Launch(s.Image, "", nil), name, nil)
	d.Run, d.Template, d.Expires = "run-1", "folder/build", time.Now().Add(time.Hour)
	d.Source = tags.Source{SourceAMI: s.Image, SourceAMIName: "base"}
	return o.Publish(s.T.Context(), s.Account, s.journal, aws.ToString(made.ImageId), amazontest.Region, d, &ui.UI{})
}

// TestPublish looks at an AMI and its copy as others see them.
func TestPublish(t *testing.T) {
	s := newStudio(t)
	o := ami.Defaults()
	o.AMIName, o.AMIDescription, o.AMIRegions = "web", "of {{ .SourceAMIName }}", []string{"us-east-1", amazontest.Region}
	o.AMIUsers, o.AMIGroups, o.SnapshotUsers = []string{"111122223333"}, []string{"all"}, []string{"444455556666"}
	o.Tags, o.SnapshotTags = map[string]string{"Kind": "image", "Base": "{{ .SourceAMI }}"}, map[string]string{"Kind": "snapshot"}
	o.IMDSSupport, o.DeprecateAt = "v2.0", time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	o.DeregistrationProtection = &ami.Protection{Enabled: true}
	made, err := s.publish("web", o, ami.Data{Tags: map[string]string{"Owner": "me", "Kind": "run"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(made.Images) != 2 {
		t.Fatalf("made %+v", made)
	}
	for region, id := range made.Images {
		c := s.Account.EC2(region)
		i, err := image.Describe(t.Context(), c, id)
		if err != nil {
			t.Fatal(err)
		}
		all := tags.Of(i, "").SourceAMITags
		want := map[string]string{"Kind": "image", "Owner": "me", "Base": s.Image, "ovenbird:expires": "never", "ovenbird:run": "run-1", "ovenbird:template": "folder/build"}
		for key, value := range want {
			if all[key] != value {
				t.Errorf("%s: the tag %s is %q, want %q", region, key, all[key], value)
			}
		}
		if aws.ToString(i.Description) != "of base" || i.ImdsSupport != "v2.0" || aws.ToString(i.DeprecationTime) == "" || !strings.HasPrefix(aws.ToString(i.DeregistrationProtection), "enabled") || !aws.ToBool(i.Public) {
			t.Errorf("%s: %+v", region, i)
		}
		shared := amazontest.Must[*ec2.DescribeImageAttributeOutput](s.Lab)(c.DescribeImageAttribute(t.Context(), &ec2.DescribeImageAttributeInput{
			ImageId: aws.String(id), Attribute: types.ImageAttributeNameLaunchPermission,
		}))
		if len(shared.LaunchPermissions) != 2 {
			t.Errorf("%s: shared with %+v", region, shared.LaunchPermissions)
		}
		snapshot := made.Snapshots[region][0]
		volumes := amazontest.Must[*ec2.DescribeSnapshotAttributeOutput](s.Lab)(c.DescribeSnapshotAttribute(t.Context(), &ec2.DescribeSnapshotAttributeInput{
			SnapshotId: aws.String(snapshot), Attribute: types.SnapshotAttributeNameCreateVolumePermission,
		}))
		if len(volumes.CreateVolumePermissions) != 1 || aws.ToString(volumes.CreateVolumePermissions[0].UserId) != "444455556666" {
			t.Errorf("%s: the snapshot is shared with %+v", region, volumes.CreateVolumePermissions)
		}
	}
	for _, r := range s.Inspect().Of("snapshot") {
		if r.Tags["Kind"] != "snapshot" || r.Tags["Owner"] != "me" || r.Tags["ovenbird:expires"] != "never" {
			t.Errorf("snapshot %+v", r)
		}
	}
}

// TestDraft gives an image that was made beside an older one the older one's name.
func TestDraft(t *testing.T) {
	s := newStudio(t)
	o := ami.Defaults()
	o.AMIName, o.ForceDeregister = "web", true
	first, err := s.publish("web", o, ami.Data{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.publish(ami.DraftName("web"), o, ami.Data{Draft: true})
	if err != nil {
		t.Fatal(err)
	}
	found, err := image.Named(t.Context(), s.Lab.EC2, "web")
	if err != nil || len(found) != 1 || aws.ToString(found[0].ImageId) != second.Images[amazontest.Region] || second.Images[amazontest.Region] == first.Images[amazontest.Region] {
		t.Errorf("found %+v, %v, made %+v", found, err, second)
	}
	if got := s.Inspect().Of("image"); len(got) != 1 {
		t.Errorf("images %+v", got)
	}
	if got := s.Inspect().Of("snapshot"); len(got) != 2 { // the old one's stays unless it is told to go
		t.Errorf("snapshots %+v", got)
	}
}

// TestCopyFails removes a copy that will never be one, and keeps the rest.
func TestCopyFails(t *testing.T) {
	s := newStudio(t)
	s.Inject(ec2box.Fault{Action: "CopyImage", Fails: true})
	o := ami.Defaults()
	o.AMIName, o.AMIRegions = "web", []string{"us-east-1"}
	_, err := s.publish("web", o, ami.Data{})
	var failed *image.FailedError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "copying to us-east-1") || !strings.Contains(err.Error(), "is finished and kept") {
		t.Errorf("got %v", err)
	}
	images := s.Inspect().Of("image")
	if len(images) != 1 || images[0].Region != amazontest.Region || images[0].Tags["ovenbird:expires"] == "never" {
		t.Errorf("images %+v", images)
	}
}

// TestEncrypted copies with the key of each region, and leaves only copies.
func TestEncrypted(t *testing.T) {
	yes := true
	s := newStudio(t)
	o := ami.Defaults()
	o.AMIName, o.EncryptBoot, o.KMSKeyID, o.AMIRegions = "web", &yes, "alias/here", []string{"us-east-1"}
	o.RegionKMSKeyIDs = map[string]string{"us-east-1": "alias/there"}
	made, err := s.publish(ami.DraftName("web"), o, ami.Data{Draft: true})
	if err != nil {
		t.Fatal(err)
	}
	for region, id := range made.Images {
		i, err := image.Describe(t.Context(), s.Account.EC2(region), id)
		if err != nil || aws.ToString(i.Name) != "web" || !aws.ToBool(i.BlockDeviceMappings[0].Ebs.Encrypted) {
			t.Errorf("%s: %+v, %v", region, i, err)
		}
	}
	if got := s.Inspect().Counts(); got["image"] != 2 || got["snapshot"] != 2 || !slices.Contains(s.Calls(), "DeregisterImage") {
		t.Errorf("left %v", got)
	}
}
