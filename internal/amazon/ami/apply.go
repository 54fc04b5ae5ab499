package ami

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// apply gives an AMI its tags, which say that it is wanted, and its attributes.
func (p *publisher) apply(ctx context.Context, pl *place) error {
	for _, do := range []func(context.Context, *ec2.Client, *place) error{p.tag, p.describe, p.share, p.shareSnapshots, p.protect} {
		if err := do(ctx, p.acc.EC2(pl.region), pl); err != nil {
			return err
		}
	}
	return nil
}

// describe sets what the image was not made with.
func (p *publisher) describe(ctx context.Context, c *ec2.Client, pl *place) error {
	text, err := p.Description(p.data)
	if err != nil {
		return err
	}
	if text != "" && text != aws.ToString(pl.image.Description) {
		p.out.Say("%s: describing %s", pl.region, pl.id())
		in := &ec2.ModifyImageAttributeInput{ImageId: aws.String(pl.id()), Description: &types.AttributeValue{Value: aws.String(text)}}
		if _, err := c.ModifyImageAttribute(ctx, in); err != nil {
			return access.Explain(err, pl.id())
		}
	}
	if p.IMDSSupport != "" && string(pl.image.ImdsSupport) != p.IMDSSupport {
		in := &ec2.ModifyImageAttributeInput{ImageId: aws.String(pl.id()), ImdsSupport: &types.AttributeValue{Value: aws.String(p.IMDSSupport)}}
		if _, err := c.ModifyImageAttribute(ctx, in); err != nil {
			return access.Explain(err, pl.id())
		}
	}
	return nil
}

// share lets others launch the AMI.
func (p *publisher) share(ctx context.Context, c *ec2.Client, pl *place) error {
	var add []types.LaunchPermission
	for _, user := range p.AMIUsers {
		add = append(add, types.LaunchPermission{UserId: aws.String(user)})
	}
	for _, group := range p.AMIGroups {
		add = append(add, types.LaunchPermission{Group: types.PermissionGroup(group)})
	}
	for _, arn := range p.AMIOrgARNs {
		add = append(add, types.LaunchPermission{OrganizationArn: aws.String(arn)})
	}
	for _, arn := range p.AMIOUARNs {
		add = append(add, types.LaunchPermission{OrganizationalUnitArn: aws.String(arn)})
	}
	if len(add) > 0 {
		p.out.Say("%s: sharing %s", pl.region, pl.id())
		in := &ec2.ModifyImageAttributeInput{ImageId: aws.String(pl.id()), LaunchPermission: &types.LaunchPermissionModifications{Add: add}}
		if _, err := c.ModifyImageAttribute(ctx, in); err != nil {
			return access.Explain(err, pl.id())
		}
	}
	if len(p.AMIProductCodes) > 0 {
		in := &ec2.ModifyImageAttributeInput{ImageId: aws.String(pl.id()), ProductCodes: p.AMIProductCodes}
		if _, err := c.ModifyImageAttribute(ctx, in); err != nil {
			return access.Explain(err, pl.id())
		}
	}
	return nil
}

// shareSnapshots lets others make volumes of the snapshots.
func (p *publisher) shareSnapshots(ctx context.Context, c *ec2.Client, pl *place) error {
	var add []types.CreateVolumePermission
	for _, user := range p.SnapshotUsers {
		add = append(add, types.CreateVolumePermission{UserId: aws.String(user)})
	}
	for _, group := range p.SnapshotGroups {
		add = append(add, types.CreateVolumePermission{Group: types.PermissionGroup(group)})
	}
	if len(add) == 0 {
		return nil
	}
	for _, id := range p.data.Own(pl.image) {
		p.out.Say("%s: sharing the snapshot %s", pl.region, id)
		in := &ec2.ModifySnapshotAttributeInput{
			SnapshotId: aws.String(id), Attribute: types.SnapshotAttributeNameCreateVolumePermission,
			CreateVolumePermission: &types.CreateVolumePermissionModifications{Add: add},
		}
		if _, err := c.ModifySnapshotAttribute(ctx, in); err != nil {
			return access.Explain(err, id)
		}
	}
	return nil
}

// protect deprecates the AMI in time and keeps it from being deregistered.
func (p *publisher) protect(ctx context.Context, c *ec2.Client, pl *place) error {
	if p.DeprecateAt != "" {
		at, err := time.Parse(time.RFC3339, p.DeprecateAt)
		if err != nil {
			return fmt.Errorf("deprecate_at: %w", err)
		}
		p.out.Say("%s: %s is deprecated from %s on", pl.region, pl.id(), p.DeprecateAt)
		if _, err := c.EnableImageDeprecation(ctx, &ec2.EnableImageDeprecationInput{ImageId: aws.String(pl.id()), DeprecateAt: &at}); err != nil {
			return access.Explain(err, pl.id())
		}
	}
	if p.DeregistrationProtection.on() {
		p.out.Say("%s: protecting %s", pl.region, pl.id())
		in := &ec2.EnableImageDeregistrationProtectionInput{ImageId: aws.String(pl.id())}
		if p.DeregistrationProtection.WithCooldown {
			in.WithCooldown = aws.Bool(true)
		}
		if _, err := c.EnableImageDeregistrationProtection(ctx, in); err != nil {
			return access.Explain(err, pl.id())
		}
	}
	return nil
}

// tag tags the AMI and its snapshots, also where creating did so already: not
// every service and partition does.
func (p *publisher) tag(ctx context.Context, c *ec2.Client, pl *place) error {
	own, err := p.ImageTags(p.data)
	if err != nil {
		return err
	}
	kept := func(all map[string]string) []types.Tag {
		all = maps.Clone(all)
		all[journal.ExpiresTag] = journal.Never
		return tags.ToEC2(all)
	}
	all := append([]string{pl.id()}, p.data.Own(pl.image)...)
	p.out.Say("%s: Adding tags to AMI (%s)", pl.region, pl.id())
	if _, err := c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: all, Tags: kept(own)}); err != nil {
		return access.Explain(err, pl.id())
	}
	if len(p.SnapshotTags)+len(p.SnapshotTag) == 0 || len(all) == 1 {
		return nil
	}
	if own, err = p.SnapshotTagsOf(p.data); err != nil {
		return err
	}
	if _, err := c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: all[1:], Tags: kept(own)}); err != nil {
		return access.Explain(err, pl.id())
	}
	return nil
}
