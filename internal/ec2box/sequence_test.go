package ec2box

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// tags are those of a resource that is made.
func tags(kind types.ResourceType) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: kind, Tags: []types.Tag{{Key: aws.String("run"), Value: aws.String("7")}}}}
}

// TestSequence is what the reference does to bake an image, call by call.
func TestSequence(t *testing.T) {
	b := newBox(t, Options{})
	ctx := t.Context()
	found := must[*ec2.DescribeImagesOutput](t)(b.DescribeImages(ctx, &ec2.DescribeImagesInput{
		Owners: []string{"136693071363"}, Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"ba*"}}, {Name: aws.String("root-device-type"), Values: []string{"ebs"}}},
	}))
	if len(found.Images) != 1 || *found.Images[0].ImageId != b.base || *found.Images[0].BlockDeviceMappings[0].Ebs.VolumeSize != 8 {
		t.Fatalf("found %v", found.Images)
	}
	named := &ec2.DescribeImagesInput{Owners: []string{"self"}, Filters: []types.Filter{{Name: aws.String("name"), Values: []string{"baked"}}}}
	if out := must[*ec2.DescribeImagesOutput](t)(b.DescribeImages(ctx, named)); len(out.Images) != 0 {
		t.Fatalf("the name is taken: %v", out.Images)
	}
	key := must[*ec2.CreateKeyPairOutput](t)(b.CreateKeyPair(ctx, &ec2.CreateKeyPairInput{KeyName: aws.String("k"), KeyType: types.KeyTypeEd25519, TagSpecifications: tags("key-pair")}))
	if !strings.HasPrefix(*key.KeyMaterial, "-----BEGIN OPENSSH PRIVATE KEY-----") {
		t.Errorf("key: %s", *key.KeyMaterial)
	}
	group := must[*ec2.CreateSecurityGroupOutput](t)(b.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("g"), Description: aws.String("d"), TagSpecifications: tags("security-group")}))
	must[*ec2.DescribeSecurityGroupsOutput](t)(b.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{*group.GroupId}}))
	must[*ec2.AuthorizeSecurityGroupIngressOutput](t)(b.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: group.GroupId, IpPermissions: []types.IpPermission{
		{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(22), ToPort: aws.Int32(22), IpRanges: []types.IpRange{{CidrIp: aws.String("127.0.0.0/8")}}},
	}}))
	run := must[*ec2.RunInstancesOutput](t)(b.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &b.base, InstanceType: types.InstanceTypeT3Micro, MinCount: aws.Int32(1), MaxCount: aws.Int32(1), KeyName: key.KeyName, UserData: aws.String("aGVsbG8="),
		SecurityGroupIds: []string{*group.GroupId}, TagSpecifications: append(tags("instance"), tags("volume")...),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: aws.String("/dev/xvda"), Ebs: &types.EbsBlockDevice{VolumeSize: aws.Int32(10), VolumeType: types.VolumeTypeGp3, DeleteOnTermination: aws.Bool(true)}}},
		MetadataOptions:     &types.InstanceMetadataOptionsRequest{HttpTokens: types.HttpTokensStateRequired, HttpPutResponseHopLimit: aws.Int32(1)},
	}))
	id := *run.Instances[0].InstanceId
	if run.Instances[0].State.Name != types.InstanceStateNamePending {
		t.Errorf("it begins %s", run.Instances[0].State.Name)
	}
	b.waitInstance(t, id, types.InstanceStateNameRunning)
	i := b.instance(t, id)
	if *i.PublicIpAddress != "127.0.0.1" || *i.KeyName != "k" || *i.SecurityGroups[0].GroupName != "g" || i.MetadataOptions.HttpTokens != types.HttpTokensStateRequired {
		t.Errorf("running: %+v", i)
	}
	if in := b.machines.Started()[0].Launch.Metadata(); string(in.UserData) != "hello" || !strings.HasPrefix(in.PublicKey, "ssh-ed25519 ") || !in.Options.TokensRequired {
		t.Errorf("its guest learns %+v", in)
	}
	must[*ec2.StopInstancesOutput](t)(b.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{id}}))
	b.waitInstance(t, id, types.InstanceStateNameStopped)
	made := must[*ec2.CreateImageOutput](t)(b.CreateImage(ctx, &ec2.CreateImageInput{InstanceId: &id, Name: aws.String("baked"), TagSpecifications: append(tags("image"), tags("snapshot")...)}))
	if s := b.image(t, *made.ImageId).State; s != types.ImageStatePending && s != types.ImageStateAvailable {
		t.Errorf("the image is %s", s)
	}
	b.waitImage(t, *made.ImageId, types.ImageStateAvailable)
	must[*ec2.ModifyImageAttributeOutput](t)(b.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeInput{ImageId: made.ImageId, Description: &types.AttributeValue{Value: aws.String("d")}}))
	image := b.image(t, *made.ImageId)
	snapshot := *image.BlockDeviceMappings[0].Ebs.SnapshotId
	must[*ec2.CreateTagsOutput](t)(b.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{*made.ImageId, snapshot}, Tags: []types.Tag{{Key: aws.String("os"), Value: aws.String("debian")}}}))
	must[*ec2.TerminateInstancesOutput](t)(b.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{id}}))
	b.waitInstance(t, id, types.InstanceStateNameTerminated)
	volumes := must[*ec2.DescribeVolumesOutput](t)(b.DescribeVolumes(ctx, &ec2.DescribeVolumesInput{Filters: []types.Filter{{Name: aws.String("status"), Values: []string{"available"}}}}))
	if len(volumes.Volumes) != 0 {
		t.Errorf("left: %v", volumes.Volumes)
	}
	must[*ec2.DeleteSecurityGroupOutput](t)(b.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: group.GroupId}))
	must[*ec2.DeleteKeyPairOutput](t)(b.DeleteKeyPair(ctx, &ec2.DeleteKeyPairInput{KeyName: key.KeyName}))
	b.checkBaked(t, image, id)
}

// checkBaked looks at all that is left of the sequence.
func (b *box) checkBaked(t *testing.T, image types.Image, instance string) {
	t.Helper()
	snapshot := *image.BlockDeviceMappings[0].Ebs.SnapshotId
	if *image.Description != "d" || *image.BlockDeviceMappings[0].Ebs.VolumeSize != 10 || len(image.Tags) != 1 || *image.SourceInstanceId != instance {
		t.Errorf("image: %+v", image)
	}
	left := b.Inspect()
	if c := left.Counts(); len(left) != 2 || c["image"] != 1 || c["snapshot"] != 1 {
		t.Errorf("left: %v", left)
	}
	if got := left.Of("snapshot")[0]; got.ID != snapshot || got.Tags["run"] != "7" || got.Tags["os"] != "debian" {
		t.Errorf("snapshot: %v", got)
	}
	first := []string{"DescribeImages", "DescribeImages", "CreateKeyPair", "CreateSecurityGroup", "DescribeSecurityGroups", "AuthorizeSecurityGroupIngress", "RunInstances"}
	if calls := b.Calls(); !slices.Equal(calls[:len(first)], first) || calls[len(calls)-1] != "DeleteKeyPair" {
		t.Errorf("calls: %v", calls)
	}
}
