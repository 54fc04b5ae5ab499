package amazonami

import "github.com/ovenbird-io/ovenbird/internal/amazon/policy"

// Rights are what making an AMI of a disk needs at Amazon.
func (a *AMI) Rights() []policy.Right {
	all := append(a.AMI.Rights(), policy.Any("ec2:DescribeSnapshots", "ec2:RegisterImage", "ebs:StartSnapshot")...)
	all = append(all, policy.OfMade("ebs:PutSnapshotBlock", "ebs:CompleteSnapshot", "ec2:DeleteSnapshot")...)
	if a.Delta {
		all = append(all, policy.OfMade("ebs:ListSnapshotBlocks", "ebs:GetSnapshotBlock")...)
	}
	if a.Access.DecodeAuthorizationMessages {
		all = append(all, policy.Any("sts:DecodeAuthorizationMessage")...)
	}
	return all
}
