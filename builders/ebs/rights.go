package ebs

import (
	"github.com/ovenbird-io/ovenbird/builders/ebs/keypair"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
)

// Rights are what a bake with these options needs at Amazon.
func (b *Builder) Rights() []policy.Right {
	all := append(b.AMI.Rights(), policy.Any("ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeRegions", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:RunInstances")...)
	all = append(all, policy.OfMade("ec2:TerminateInstances", "ec2:DeleteVolume", "ec2:GetConsoleOutput")...)
	if !b.SkipCreateAMI {
		all = append(all, policy.Any("ec2:CreateImage")...)
	}
	if !b.Spot.Wanted() && !b.Instance.DisableStopInstance {
		all = append(all, policy.OfMade("ec2:StopInstances")...)
	}
	if b.AMI.SriovSupport || b.AMI.ENASupport != nil {
		all = append(all, policy.OfMade("ec2:ModifyInstanceAttribute")...)
	}
	if keypair.Needed(&b.SSH) {
		all = append(append(all, policy.Any("ec2:CreateKeyPair")...), policy.OfMade("ec2:DeleteKeyPair")...)
	}
	all = append(all, b.Spot.Rights()...)
	if b.Access.DecodeAuthorizationMessages {
		all = append(all, policy.Any("sts:DecodeAuthorizationMessage")...)
	}
	all = append(append(all, b.Network.Rights(b.Guestless())...), b.Profile.Rights()...)
	if b.Devices.Encrypts() {
		all = append(all, ami.Encryption()...)
	}
	return all
}
