package gc

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
)

// Kinds of things that are in no region.
const (
	profileKind = "instance-profile"
	roleKind    = "role"
)

// sweepRights removes instance profiles and roles, which are in no region.
func (c *collector) sweepRights(ctx context.Context) error {
	r := &region{collector: c, ec2: c.Account.EC2("")}
	profiles := kind{name: profileKind, remove: (*region).deleteProfile}
	roles := kind{name: roleKind, remove: (*region).deleteRole}
	found, err := r.profiles(ctx)
	known := slices.DeleteFunc(slices.Clone(c.ledger.entries), func(e line) bool { return e.Kind != profiles.name && e.Kind != roles.name })
	if err != nil && len(known) == 0 {
		if !c.Account.Lacks(err) {
			c.note("roles and instance profiles are not looked for: %s", err)
		}
		return nil
	}
	if err == nil {
		c.lookedAt("", profileKind)
	}
	var errs []error
	errs = append(errs, err, r.remove(ctx, profiles, withKnown(found, known, profiles.name)))
	if found, err = r.roles(ctx); err == nil {
		c.lookedAt("", roleKind)
	}
	errs = append(errs, err, r.remove(ctx, roles, withKnown(found, known, roles.name)))
	return errors.Join(errs...)
}

// withKnown adds what the journal knows of, by name: names of roles are unique.
func withKnown(found []Item, known []line, kind string) []Item {
	for _, e := range known {
		if e.Kind != kind || e.ID == "" && !unique(e.Name) {
			continue
		}
		have := false
		for n := range found {
			if found[n].ID == e.Name {
				found[n].Why, have = reason(e), true
			}
		}
		if !have {
			found = append(found, Item{ID: e.Name, Name: e.Name, Why: reason(e)})
		}
	}
	return found
}

func fromIAM(name *string, tags []types.Tag) Item {
	i := Item{ID: aws.ToString(name), Name: aws.ToString(name), Tags: map[string]string{}}
	for _, t := range tags {
		i.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return i
}

// profiles are those that have our tag. IAM finds nothing by tags: only the tags
// of those with a name like ours are asked for, one by one.
func (r *region) profiles(ctx context.Context) ([]Item, error) {
	c := r.Account.IAM("")
	var all []Item
	pages := iam.NewListInstanceProfilesPaginator(c, &iam.ListInstanceProfilesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, "all instance profiles")
		}
		for _, p := range page.InstanceProfiles {
			if !unique(aws.ToString(p.InstanceProfileName)) {
				continue
			}
			got, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: p.InstanceProfileName})
			switch {
			case access.Code(err) == "NoSuchEntity":
				continue
			case err != nil:
				return nil, access.Explain(err, aws.ToString(p.InstanceProfileName))
			}
			if i := fromIAM(p.InstanceProfileName, got.InstanceProfile.Tags); i.Tags[journal.MadeByTag] == journal.MadeBy {
				all = append(all, i)
			}
		}
	}
	return all, nil
}

func (r *region) roles(ctx context.Context) ([]Item, error) {
	c := r.Account.IAM("")
	var all []Item
	pages := iam.NewListRolesPaginator(c, &iam.ListRolesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, "all roles")
		}
		for _, role := range page.Roles {
			if !unique(aws.ToString(role.RoleName)) {
				continue
			}
			got, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: role.RoleName})
			switch {
			case access.Code(err) == "NoSuchEntity":
				continue
			case err != nil:
				return nil, access.Explain(err, aws.ToString(role.RoleName))
			}
			if i := fromIAM(role.RoleName, got.Role.Tags); i.Tags[journal.MadeByTag] == journal.MadeBy {
				all = append(all, i)
			}
		}
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

func (r *region) deleteProfile(ctx context.Context, i *Item) error {
	c, name := r.Account.IAM(""), aws.String(i.ID)
	got, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: name})
	if err != nil {
		return absent(err, i.ID)
	}
	for _, role := range got.InstanceProfile.Roles {
		_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: role.RoleName})
		if err := absent(err, i.ID); err != nil {
			return err
		}
	}
	_, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: name})
	return absent(err, i.ID)
}

func (r *region) deleteRole(ctx context.Context, i *Item) error {
	c, name := r.Account.IAM(""), aws.String(i.ID)
	got, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name})
	if err != nil {
		return absent(err, i.ID)
	}
	for _, policy := range got.PolicyNames {
		_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: name, PolicyName: aws.String(policy)})
		if err := absent(err, i.ID); err != nil {
			return fmt.Errorf("its policy %s: %w", policy, err)
		}
	}
	_, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: name})
	return absent(err, i.ID)
}
