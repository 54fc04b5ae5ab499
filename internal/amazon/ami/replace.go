package ami

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/outlast"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// replace removes the AMIs of ours that have the name, now that the new one is
// available, and gives that the name. Two AMIs of one account cannot have it at
// a time.
func (p *publisher) replace(ctx context.Context, pl *place) error {
	if !pl.draft {
		return nil
	}
	c := p.acc.EC2(pl.region)
	same, err := image.Named(ctx, c, p.AMIName)
	if err != nil {
		return err
	}
	for _, old := range same {
		p.out.Say("%s: deregistering %s, which %s replaces", pl.region, aws.ToString(old.ImageId), pl.id())
		var snapshots []string
		if p.ForceDeleteSnapshot {
			snapshots = p.data.Own(old)
		}
		if err := image.RemoveWith(ctx, c, old, snapshots); err != nil {
			return err
		}
	}
	draft := *pl
	deep := !registrable(pl.image)
	var id string
	if deep {
		id, err = p.beginCopy(ctx, pl, &draft, p.AMIName)
	} else {
		id, err = p.register(ctx, pl)
	}
	if err != nil {
		return err
	}
	if pl.image, err = image.Await(ctx, c, id, p.Patience, p.out); err != nil {
		return err
	}
	if err := finished(pl.claim); err != nil {
		return err
	}
	pl.draft = false
	var snapshots []string
	if deep {
		snapshots = p.data.Own(draft.image)
	}
	if err := image.RemoveWith(ctx, c, draft.image, snapshots); err != nil {
		return err
	}
	if draft.claim == nil {
		return nil
	}
	return draft.claim.Struck()
}

// registrable says whether an image can be made of the snapshots of another
// without losing what it is: nothing is billed for it.
func registrable(i types.Image) bool {
	return len(i.ProductCodes) == 0 && i.Platform == "" && slices.Contains([]string{"", "Linux/UNIX"}, aws.ToString(i.PlatformDetails))
}

// register makes an image of the same snapshots, at once.
func (p *publisher) register(ctx context.Context, pl *place) (string, error) {
	own, err := p.ImageTags(p.data)
	if err != nil {
		return "", err
	}
	from := pl.image
	in := &ec2.RegisterImageInput{
		Name: aws.String(p.AMIName), Architecture: from.Architecture, BootMode: from.BootMode, Description: from.Description, EnaSupport: from.EnaSupport,
		KernelId: from.KernelId, RamdiskId: from.RamdiskId, RootDeviceName: from.RootDeviceName, SriovNetSupport: from.SriovNetSupport, TpmSupport: from.TpmSupport,
		VirtualizationType: aws.String(string(from.VirtualizationType)), ImdsSupport: from.ImdsSupport, TagSpecifications: tags.Specifications(own, types.ResourceTypeImage),
	}
	for _, m := range from.BlockDeviceMappings {
		if m.Ebs != nil && m.Ebs.SnapshotId != nil { // which says whether it is encrypted
			ebs := *m.Ebs
			ebs.Encrypted, ebs.KmsKeyId = nil, nil
			m.Ebs = &ebs
		}
		in.BlockDeviceMappings = append(in.BlockDeviceMappings, m)
	}
	entry := p.entry(pl.region, "image", p.AMIName)
	entry.Token = uuid.NewString()
	if pl.claim, err = p.j.Intend(entry); err != nil {
		return "", err
	}
	c := p.acc.EC2(pl.region)
	got, err := outlast.Do(ctx, func(ctx context.Context) (*ec2.RegisterImageOutput, error) { return c.RegisterImage(ctx, in) })
	if err != nil {
		return "", p.refused(pl.claim, err, p.AMIName)
	}
	id := aws.ToString(got.ImageId)
	return id, pl.claim.Made(id)
}
