package amazonami

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/blocks"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
)

// unchanged gives the AMI that the template made before, in all regions, if the
// snapshot has nothing else than it has; the snapshot is deleted then.
func (b *bake) unchanged(ctx context.Context, s blocks.Snapshot) (made ami.Made, same bool, err error) {
	if !b.SkipUnchanged || b.before == nil || s.Parent == "" || s.Sent > 0 || !b.alike(*b.before, s) {
		return made, false, nil
	}
	home, name := b.acc.Region(), aws.ToString(b.before.Name)
	made = ami.Made{Images: map[string]string{}, Snapshots: map[string][]string{}}
	for _, region := range append([]string{home}, b.options.Regions(home)...) {
		found, err := image.Named(ctx, b.acc.EC2(region), name)
		if err != nil || len(found) == 0 {
			return made, false, err
		}
		made.Images[region], made.Snapshots[region] = aws.ToString(found[0].ImageId), image.Snapshots(found[0])
	}
	b.out.Say("The disk is just that of %s (%s), which stays the latest", made.Images[home], name)
	if err := s.Discard(); err != nil {
		return made, true, err
	}
	return made, true, b.abandon(ctx, s.ID)
}

// alike tells whether an image is what would be registered of the snapshot.
func (b *bake) alike(i types.Image, s blocks.Snapshot) bool {
	root := i.BlockDeviceMappings[0].Ebs // latest has seen that there is just one
	return string(i.Architecture) == b.Architecture && string(i.BootMode) == b.BootMode && aws.ToString(i.RootDeviceName) == b.RootDeviceName &&
		string(i.ImdsSupport) == b.options.IMDSSupport && string(i.TpmSupport) == b.TPMSupport && root != nil &&
		int64(aws.ToInt32(root.VolumeSize)) == s.SizeGiB && string(root.VolumeType) == b.VolumeType
}
