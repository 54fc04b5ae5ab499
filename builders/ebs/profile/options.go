// Package profile gives the instance of a build its rights.
package profile

import (
	"errors"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say which rights the instance has; the builder embeds them.
type Options struct {
	// Instance profile of the instance. Default none.
	IAMInstanceProfile string `hcl:"iam_instance_profile,optional"`
	// Leaves unchecked whether the profile exists. Default false.
	SkipProfileValidation bool `hcl:"skip_profile_validation,optional"`
	// Policy of an instance profile that is made for the build.
	Policy *Policy `hcl:"temporary_iam_instance_profile_policy_document,block"`
}

// Policy is an IAM policy document.
type Policy struct {
	// Version of the policy language. Default "2012-10-17".
	Version string `hcl:"Version,optional" json:"Version"`
	// What is allowed or denied.
	Statement []Statement `hcl:"Statement,block" json:"Statement"`
}

// Statement is one part of a policy.
type Statement struct {
	// "Allow" or "Deny". Default "Allow".
	Effect string `hcl:"Effect,optional" json:"Effect"`
	// Actions, such as "s3:GetObject". Required.
	Action []string `hcl:"Action,optional" json:"Action"`
	// ARNs of what the actions are done to. Required.
	Resource []string `hcl:"Resource,optional" json:"Resource"`
}

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	if o.Policy == nil {
		return nil
	}
	var errs []error
	const name = "temporary_iam_instance_profile_policy_document"
	if o.IAMInstanceProfile != "" {
		errs = append(errs, option.Bad(name, "Set either it or iam_instance_profile."))
	}
	if len(o.Policy.Statement) == 0 {
		errs = append(errs, option.Bad(name, "A Statement block is required."))
	}
	for _, s := range o.Policy.Statement {
		errs = append(errs, option.OneOf(name+".Statement.Effect", s.Effect, "", "Allow", "Deny"))
		if len(s.Action) == 0 || len(s.Resource) == 0 {
			errs = append(errs, option.Bad(name+".Statement", "Action and Resource are required."))
		}
	}
	return errors.Join(errs...)
}
