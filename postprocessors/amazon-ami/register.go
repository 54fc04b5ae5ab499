package amazonami

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/blocks"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// register makes an AMI of the snapshot.
func (b *bake) register(ctx context.Context, s blocks.Snapshot, key string) (string, error) {
	in, err := b.image(s)
	if err != nil {
		return "", err
	}
	name := *in.Name
	b.out.Say("Registering AMI %s on snapshot %s", name, s.ID)
	claim, err := b.claimImage(key)
	if err != nil {
		return "", err
	}
	var id string
	got, err := outlast.Do(ctx, func(ctx context.Context) (*ec2.RegisterImageOutput, error) { return b.ec2.RegisterImage(ctx, in) })
	switch {
	case err == nil:
		id = aws.ToString(got.ImageId)
	case access.Code(err) == "InvalidAMIName.Duplicate": // ours, if an answer got lost
		var unknown error
		if id, unknown = b.registered(ctx, name, s.ID); unknown != nil {
			return "", unknown
		}
	}
	if id == "" {
		if outlast.Unmade(err) {
			return "", struck(claim, access.Explain(err, name))
		}
		return "", access.Explain(err, name)
	}
	if err := claim.Made(id); err != nil {
		return "", err
	}
	b.out.Detail("AMI: %s", id)
	b.data.Claim = claim
	return id, struck(b.snapshot, s.Keep()) // it goes with the AMI from here on
}

// claimImage notes the AMI in the journal, or takes over the note of a run that
// never learnt what became of its request.
func (b *bake) claimImage(key string) (*journal.Claim, error) {
	e := b.entry("image", key, b.options.AMIName)
	left, err := b.journal.Adopt(func(o journal.Entry) bool {
		return o.Kind == e.Kind && o.Of(e.Account) && o.Token == key && o.ID == "" && o.Name == e.Name && o.Region == e.Region && o.Endpoint == e.Endpoint
	})
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		return left[0], nil
	}
	return b.journal.Intend(e)
}

// registered is the AMI of that name on the snapshot, "" if there is none.
func (b *bake) registered(ctx context.Context, name, snapshot string) (string, error) {
	all, err := image.Named(ctx, b.ec2, name)
	if err != nil {
		return "", err
	}
	for _, i := range all {
		if slices.Contains(image.Snapshots(i), snapshot) {
			return aws.ToString(i.ImageId), nil
		}
	}
	return "", nil
}

// image describes the AMI as EC2 takes it.
func (b *bake) image(s blocks.Snapshot) (*ec2.RegisterImageInput, error) {
	own, err := b.options.ImageTags(b.data)
	if err != nil {
		return nil, err
	}
	text, err := b.options.Description(b.data)
	if err != nil {
		return nil, err
	}
	in := &ec2.RegisterImageInput{
		Name: &b.options.AMIName, Architecture: types.ArchitectureValues(b.Architecture), BootMode: types.BootModeValues(b.BootMode),
		EnaSupport: aws.Bool(b.options.ENASupport == nil || *b.options.ENASupport), ImdsSupport: types.ImdsSupportValues(b.options.IMDSSupport),
		TpmSupport: types.TpmSupportValues(b.TPMSupport), RootDeviceName: &b.RootDeviceName, VirtualizationType: aws.String("hvm"),
		TagSpecifications: tags.Specifications(own, types.ResourceTypeImage),
		BlockDeviceMappings: []types.BlockDeviceMapping{{DeviceName: &b.RootDeviceName, Ebs: &types.EbsBlockDevice{
			SnapshotId: &s.ID, VolumeSize: aws.Int32(int32(s.SizeGiB)), VolumeType: types.VolumeType(b.VolumeType), DeleteOnTermination: aws.Bool(true),
		}}},
	}
	if b.data.Draft {
		in.Name = aws.String(ami.DraftName(b.options.AMIName))
	}
	if b.options.SriovSupport {
		in.SriovNetSupport = aws.String("simple")
	}
	if text != "" {
		in.Description = &text
	}
	return in, nil
}
