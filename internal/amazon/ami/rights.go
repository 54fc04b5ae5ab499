package ami

import "github.com/ovenbird-io/ovenbird/internal/amazon/policy"

// Rights are what making an AMI with these options needs.
func (o *Options) Rights() []policy.Right {
	all := policy.Any("ec2:DescribeImages", "ec2:DescribeSnapshots")
	all = append(all, policy.OfMade("ec2:CreateTags", "ec2:DeregisterImage", "ec2:DeleteSnapshot")...)
	all = append(all, policy.Right{Action: "ec2:CreateTags", Create: true})
	if len(o.AMIRegions) > 0 || o.Drafts() || o.ForceDeregister {
		all = append(all, policy.Any("ec2:CopyImage", "ec2:DescribeRegions")...)
	}
	if o.ForceDeregister {
		all = append(all, policy.Any("ec2:RegisterImage", "ec2:DeregisterImage")...)
		if o.ForceDeleteSnapshot {
			all = append(all, policy.Any("ec2:DeleteSnapshot")...)
		}
	}
	shares := len(o.AMIUsers)+len(o.AMIGroups)+len(o.AMIOrgARNs)+len(o.AMIOUARNs)+len(o.AMIProductCodes) > 0
	if shares || o.AMIDescription != "" || o.IMDSSupport != "" {
		all = append(all, policy.OfMade("ec2:ModifyImageAttribute")...)
	}
	if len(o.SnapshotUsers)+len(o.SnapshotGroups) > 0 {
		all = append(all, policy.OfMade("ec2:ModifySnapshotAttribute")...)
	}
	if o.DeprecateAt != "" {
		all = append(all, policy.OfMade("ec2:EnableImageDeprecation")...)
	}
	if o.DeregistrationProtection.on() {
		all = append(all, policy.OfMade("ec2:EnableImageDeregistrationProtection")...)
	}
	if o.Encrypts() || o.KMSKeyID != "" || len(o.RegionKMSKeyIDs) > 0 {
		all = append(all, Encryption()...)
	}
	return all
}

// Encryption are the rights to the keys of volumes and snapshots.
func Encryption() []policy.Right {
	return policy.Any("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncrypt*")
}
