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
	if b.Spot.Wanted() {
		all = append(all, policy.Any("ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:DescribeSpotPriceHistory")...)
		all = append(all, policy.OfMade("ec2:DeleteLaunchTemplate")...)
	}
	if b.Access.DecodeAuthorizationMessages {
		all = append(all, policy.Any("sts:DecodeAuthorizationMessage")...)
	}
	all = append(all, b.networkRights()...)
	all = append(all, b.profileRights()...)
	for _, d := range append(b.Devices.ToLaunch(), b.Devices.ToImage()...) {
		if d.Ebs != nil && d.Ebs.Encrypted != nil && *d.Ebs.Encrypted {
			return append(all, ami.Encryption()...)
		}
	}
	return all
}

// networkRights are those to the security group and the place of the instance.
func (b *Builder) networkRights() []policy.Right {
	all := policy.Any("ec2:DescribeInstanceTypeOfferings")
	switch n := &b.Network; {
	case n.SecurityGroupID != "" || len(n.SecurityGroupIDs) > 0 || b.Guestless():
		return all
	case n.SecurityGroupFilter != nil:
		return append(all, policy.Any("ec2:DescribeSecurityGroups")...)
	}
	all = append(all, policy.Any("ec2:CreateSecurityGroup", "ec2:DescribeSecurityGroups")...)
	return append(all, policy.OfMade("ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup")...)
}

// profileRights are those to the rights of the instance.
func (b *Builder) profileRights() []policy.Right {
	pass := policy.Any("iam:PassRole")
	switch p := &b.Profile; {
	case p.Policy != nil:
		// IAM's own calls that make a profile do not know the tags of what is made.
		return append(pass, policy.Any("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:CreateInstanceProfile", "iam:TagInstanceProfile",
			"iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile", "iam:DeleteRolePolicy", "iam:DeleteRole")...)
	case p.IAMInstanceProfile == "":
		return nil
	case p.SkipProfileValidation:
		return pass
	}
	return append(pass, policy.Any("iam:GetInstanceProfile")...)
}
