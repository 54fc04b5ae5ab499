package ebs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/builders/ebs/keypair"
	"github.com/ovenbird-io/ovenbird/builders/ebs/profile"
	"github.com/ovenbird-io/ovenbird/builders/ebs/rehearsal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/together"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// CheckOnline tells whether we are let in, the source AMI is there, the name is
// free in every region, and we may do what a build does first.
func (b *Builder) CheckOnline(ctx context.Context) error {
	if err := b.open(ctx); err != nil {
		return err
	}
	if _, err := b.acc.Caller(ctx); err != nil && !b.Access.SkipCredentialValidation {
		return err
	}
	checks := append(
		b.preflight(ctx),
		func() error {
			_, err := b.nameTaken(ctx)
			return err
		},
		func() error { return b.rehearse(ctx) },
	)
	return together.Do(checks...)
}

// preflight are the checks of the regions that get a copy.
func (b *Builder) preflight(ctx context.Context) []func() error {
	checks := []func() error{func() error { return b.checkRegions(ctx) }}
	for _, region := range b.AMI.Regions(b.acc.Region()) {
		checks = append(checks, func() error { return b.checkName(ctx, region) })
	}
	return checks
}

// checkRegions says which regions of ami_regions there are not.
func (b *Builder) checkRegions(ctx context.Context) error {
	regions := b.AMI.Regions(b.acc.Region())
	if b.AMI.SkipRegionValidation || len(regions) == 0 {
		return nil
	}
	got, err := b.acc.EC2("").DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return access.Explain(err, "ami_regions")
	}
	var unknown []string
	for _, r := range regions {
		if !slices.ContainsFunc(got.Regions, func(known types.Region) bool { return aws.ToString(known.RegionName) == r }) {
			unknown = append(unknown, r)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("this account has no region %s, which ami_regions names", strings.Join(unknown, ", "))
	}
	return nil
}

// checkName says whether the name is taken in a region that gets a copy.
func (b *Builder) checkName(ctx context.Context, region string) error {
	same, err := image.Named(ctx, b.acc.EC2(region), b.AMI.AMIName)
	if err != nil || len(same) == 0 || b.forces() {
		return err
	}
	return fmt.Errorf("the AMI name %q is taken by %s in %s", b.AMI.AMIName, aws.ToString(same[0].ImageId), region)
}

// rehearse asks EC2 whether the calls of a build's beginning would succeed.
func (b *Builder) rehearse(ctx context.Context) error {
	if err := b.find(ctx); err != nil {
		return err
	}
	c := b.acc.EC2("")
	places, err := b.Network.Choose(ctx, c, b.types(), &ui.UI{})
	if err != nil {
		return err
	}
	groups, err := b.Network.Given(ctx, c, places[0].VPC)
	if err != nil {
		return err
	}
	l := instance.Launch{
		Image: aws.ToString(b.src.ImageId), Key: b.SSH.KeypairName, Groups: groups, Profile: b.Profile.IAMInstanceProfile,
		Public: b.Network.AssociatePublicIPAddress, IPv6: b.Instance.SSHInterface == "ipv6", Devices: b.Devices.ToLaunch(),
	}
	in, err := b.Instance.Input(l, b.types()[0], places[0])
	if err != nil {
		return err
	}
	r := rehearsal.Calls{Launch: in, Key: keypair.Needed(&b.SSH), Group: len(groups) == 0 && !b.Guestless(), VPC: places[0].VPC}
	exists := func() error {
		if b.Profile.IAMInstanceProfile == "" || b.Profile.SkipProfileValidation {
			return nil
		}
		return profile.Exists(ctx, b.acc.IAM(""), b.Profile.IAMInstanceProfile)
	}
	return together.Do(exists, func() error { return r.Run(ctx, c) })
}
