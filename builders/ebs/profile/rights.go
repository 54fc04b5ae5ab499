package profile

import "github.com/ovenbird-io/ovenbird/internal/amazon/policy"

// Rights are those to the rights of the instance.
func (o *Options) Rights() []policy.Right {
	pass := policy.Any("iam:PassRole")
	switch {
	case o.Policy != nil:
		// IAM's own calls that make a profile do not know the tags of what is made.
		return append(pass, policy.Any("iam:CreateRole", "iam:TagRole", "iam:PutRolePolicy", "iam:CreateInstanceProfile", "iam:TagInstanceProfile",
			"iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile", "iam:DeleteRolePolicy", "iam:DeleteRole")...)
	case o.IAMInstanceProfile == "":
		return nil
	case o.SkipProfileValidation:
		return pass
	}
	return append(pass, policy.Any("iam:GetInstanceProfile")...)
}
