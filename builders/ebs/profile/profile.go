package profile

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/google/uuid"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
)

// trust lets EC2's instances have a role.
const trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`

// NewName is a name for the profile of a build, and for its role and policy.
func NewName() string { return "packer-" + uuid.NewString() }

// Exists says whether a profile is there.
func Exists(ctx context.Context, c *iam.Client, name string) error {
	if _, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: aws.String(name)}); err != nil {
		return fmt.Errorf("%w; skip_profile_validation = true leaves that unchecked", access.Explain(err, name))
	}
	return nil
}

// CreateRole makes a role with that policy. Made is its name once it is there,
// also beside an error.
func CreateRole(ctx context.Context, c *iam.Client, name string, p *Policy, tags map[string]string) (made string, err error) {
	document, err := p.document()
	if err != nil {
		return "", err
	}
	in := &iam.CreateRoleInput{RoleName: aws.String(name), AssumeRolePolicyDocument: aws.String(trust), Description: aws.String("Temporary role for Ovenbird"), Tags: toIAM(tags)}
	if _, err := c.CreateRole(ctx, in); err != nil && access.Code(err) != "EntityAlreadyExists" { // ours, if an answer got lost
		return "", access.Explain(err, name)
	}
	put := &iam.PutRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String(name), PolicyDocument: aws.String(document)}
	if _, err := c.PutRolePolicy(ctx, put); err != nil {
		return name, access.Explain(err, name)
	}
	return name, nil
}

func (p *Policy) document() (string, error) {
	all := *p
	if all.Version == "" {
		all.Version = "2012-10-17"
	}
	all.Statement = append([]Statement(nil), p.Statement...)
	for i := range all.Statement {
		if all.Statement[i].Effect == "" {
			all.Statement[i].Effect = "Allow"
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "", fmt.Errorf("writing the policy: %w", err)
	}
	return string(text), nil
}

// Create makes an instance profile that has the role of the same name. Made is
// its name once it is there, also beside an error.
func Create(ctx context.Context, c *iam.Client, name string, tags map[string]string) (made string, err error) {
	_, err = c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String(name), Tags: toIAM(tags)})
	if err != nil && access.Code(err) != "EntityAlreadyExists" {
		return "", access.Explain(err, name)
	}
	_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String(name), RoleName: aws.String(name)})
	if err != nil && access.Code(err) != "LimitExceeded" { // it has it already
		return name, access.Explain(err, name)
	}
	return name, nil
}

// Delete removes an instance profile and leaves its role; what is gone is no error.
func Delete(ctx context.Context, c *iam.Client, name string) error {
	_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: aws.String(name), RoleName: aws.String(name)})
	if gone(err) != nil {
		return access.Explain(err, name)
	}
	if _, err = c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: aws.String(name)}); gone(err) != nil {
		return access.Explain(err, name)
	}
	return nil
}

// DeleteRole removes a role and its policy; what is gone is no error.
func DeleteRole(ctx context.Context, c *iam.Client, name string) error {
	_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String(name)})
	if gone(err) != nil {
		return access.Explain(err, name)
	}
	if _, err = c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String(name)}); gone(err) != nil {
		return access.Explain(err, name)
	}
	return nil
}

// gone is the error of a removal, nil when there was nothing to remove.
func gone(err error) error {
	if access.Code(err) == "NoSuchEntity" {
		return nil
	}
	return err
}

func toIAM(tags map[string]string) []types.Tag {
	var all []types.Tag
	for key, value := range tags {
		all = append(all, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return all
}
