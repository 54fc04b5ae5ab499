package network

import "github.com/ovenbird-io/ovenbird/internal/amazon/policy"

// Rights are those to the security group and the place of the instance.
func (o *Options) Rights(guestless bool) []policy.Right {
	all := policy.Any("ec2:DescribeInstanceTypeOfferings")
	switch {
	case o.SecurityGroupID != "" || len(o.SecurityGroupIDs) > 0 || guestless:
		return all
	case o.SecurityGroupFilter != nil:
		return append(all, policy.Any("ec2:DescribeSecurityGroups")...)
	}
	all = append(all, policy.Any("ec2:CreateSecurityGroup", "ec2:DescribeSecurityGroups")...)
	return append(all, policy.OfMade("ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup")...)
}
