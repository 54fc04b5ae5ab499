package gc

import (
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
	"github.com/ovenbird-io/ovenbird/internal/amazon/usage"
)

// Rights are what a collection needs.
func Rights() []policy.Right {
	all := append(usage.Rights(), policy.Any("ec2:DescribeImages", "ec2:DescribeInstances", "ec2:DescribeKeyPairs", "ec2:DescribeLaunchTemplates",
		"ec2:DescribeRegions", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots", "ec2:DescribeVolumes",
		"iam:GetInstanceProfile", "iam:GetRole", "iam:ListInstanceProfiles", "iam:ListRolePolicies", "iam:ListRoles")...)
	return append(all, policy.OfMade("ec2:DeleteKeyPair", "ec2:DeleteLaunchTemplate", "ec2:DeleteSecurityGroup", "ec2:DeleteSnapshot", "ec2:DeleteVolume",
		"ec2:DeregisterImage", "ec2:TerminateInstances", "iam:DeleteInstanceProfile", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:RemoveRoleFromInstanceProfile")...)
}
