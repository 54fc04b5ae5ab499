// Package roles finds and removes the roles of IAM, and the instance profiles
// that give them to instances.
package roles

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

// Tagged is a role or an instance profile.
type Tagged struct {
	Name string
	Tags map[string]string
}

// Profiles are the instance profiles whose names are wanted.
func Profiles(ctx context.Context, c *iam.Client, wanted func(name string) bool) ([]Tagged, error) {
	var names []string
	pages := iam.NewListInstanceProfilesPaginator(c, &iam.ListInstanceProfilesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, "all instance profiles")
		}
		for _, p := range page.InstanceProfiles {
			names = append(names, aws.ToString(p.InstanceProfileName))
		}
	}
	return tagged(names, wanted, func(name *string) ([]types.Tag, error) {
		got, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
		if err != nil {
			return nil, err
		}
		return got.InstanceProfile.Tags, nil
	})
}

// Roles are the roles whose names are wanted.
func Roles(ctx context.Context, c *iam.Client, wanted func(name string) bool) ([]Tagged, error) {
	var names []string
	pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, "all roles")
		}
		for _, r := range page.Roles {
			names = append(names, aws.ToString(r.RoleName))
		}
	}
	return tagged(names, wanted, func(name *string) ([]types.Tag, error) {
		got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
		if err != nil {
			return nil, err
		}
		return got.Role.Tags, nil
	})
}

// tagged asks for the tags of what is wanted, one by one: no list of IAM has them.
func tagged(names []string, wanted func(name string) bool, ask func(name *string) ([]types.Tag, error)) ([]Tagged, error) {
	var all []Tagged
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		tags, err := ask(&name)
		switch {
		case access.Code(err) == "NoSuchEntity": // it is gone by now
			continue
		case err != nil:
			return nil, access.Explain(err, name)
		}
		one := Tagged{Name: name, Tags: map[string]string{}}
		for _, t := range tags {
			one.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		all = append(all, one)
	}
	return all, nil
}

// absent is nil for an error that says that there was nothing to remove.
func absent(err error, resource string) error {
	if access.Code(err) == "NoSuchEntity" {
		return nil
	}
	return access.Explain(err, resource)
}

// RemoveProfile removes an instance profile, and leaves its roles.
func RemoveProfile(ctx context.Context, c *iam.Client, name string) error {
	got, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err != nil {
		return absent(err, name)
	}
	for _, role := range got.InstanceProfile.Roles {
		_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &name, RoleName: role.RoleName})
		if err := absent(err, name); err != nil {
			return err
		}
	}
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &name})
	return absent(err, name)
}

// Remove removes a role with the policies in it.
func Remove(ctx context.Context, c *iam.Client, name string) error {
	got, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &name})
	if err != nil {
		return absent(err, name)
	}
	for _, policy := range got.PolicyNames {
		_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &name, PolicyName: &policy})
		if err := absent(err, name); err != nil {
			return fmt.Errorf("its policy %s: %w", policy, err)
		}
	}
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name})
	return absent(err, name)
}
