// Package usage knows who uses AMIs and snapshots.
package usage

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/policy"
)

// Users knows who uses what in one region of one account.
type Users struct {
	by       map[string][]string // id of an AMI or snapshot to its users
	scalings map[string][]string // launch template or configuration to Auto Scaling groups
}

// Of are the users of an AMI or a snapshot, in words.
func (u *Users) Of(id string) []string { return u.by[id] }

// Find asks for all instances, launch templates in all their versions, launch
// configurations and Auto Scaling groups of a region.
func Find(ctx context.Context, acc *access.Account, region string) (*Users, error) {
	u := &Users{by: map[string][]string{}, scalings: map[string][]string{}}
	for _, look := range []func(context.Context, *access.Account, string) error{u.instances, u.groups, u.templates, u.configurations} {
		if err := look(ctx, acc, region); err != nil {
			return nil, fmt.Errorf("finding out who uses images in %s: %w", region, err)
		}
	}
	return u, nil
}

func (u *Users) add(id *string, user string) {
	if all := u.by[aws.ToString(id)]; aws.ToString(id) != "" && !slices.Contains(all, user) {
		u.by[*id] = append(all, user)
	}
}

func (u *Users) instances(ctx context.Context, acc *access.Account, region string) error {
	pages := ec2.NewDescribeInstancesPaginator(acc.EC2(region), &ec2.DescribeInstancesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return access.Explain(err, "all instances")
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				if i.State == nil || i.State.Name != types.InstanceStateNameTerminated {
					u.add(i.ImageId, "the instance "+aws.ToString(i.InstanceId))
				}
			}
		}
	}
	return nil
}

func (u *Users) templates(ctx context.Context, acc *access.Account, region string) error {
	c := acc.EC2(region)
	pages := ec2.NewDescribeLaunchTemplatesPaginator(c, &ec2.DescribeLaunchTemplatesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if acc.Lacks(err) {
			return nil
		}
		if err != nil {
			return access.Explain(err, "all launch templates")
		}
		for _, t := range page.LaunchTemplates {
			if err := u.versions(ctx, c, t); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *Users) versions(ctx context.Context, c *ec2.Client, t types.LaunchTemplate) error {
	all, err := versions(ctx, c, t, nil)
	alias := func(v types.LaunchTemplateVersion) bool {
		return v.LaunchTemplateData != nil && strings.HasPrefix(aws.ToString(v.LaunchTemplateData.ImageId), "resolve:")
	}
	if err == nil && slices.ContainsFunc(all, alias) {
		all, err = versions(ctx, c, t, aws.Bool(true))
	}
	if err != nil {
		return err
	}
	id, name := aws.ToString(t.LaunchTemplateId), aws.ToString(t.LaunchTemplateName)
	for _, v := range all {
		if alias(v) {
			return fmt.Errorf("version %d of the launch template %s has the image %s, and EC2 does not tell which that is", aws.ToInt64(v.VersionNumber), id, aws.ToString(v.LaunchTemplateData.ImageId))
		}
		if d := v.LaunchTemplateData; d != nil {
			user := fmt.Sprintf("version %d of the launch template %s (%s)%s", aws.ToInt64(v.VersionNumber), id, name, u.scaled(id, name))
			u.add(d.ImageId, user)
			for _, m := range d.BlockDeviceMappings {
				if m.Ebs != nil {
					u.add(m.Ebs.SnapshotId, user)
				}
			}
		}
	}
	return nil
}

// versions are all of a template; resolve has EC2 look up images that stand in
// a parameter.
func versions(ctx context.Context, c *ec2.Client, t types.LaunchTemplate, resolve *bool) (all []types.LaunchTemplateVersion, err error) {
	pages := ec2.NewDescribeLaunchTemplateVersionsPaginator(c, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: t.LaunchTemplateId, ResolveAlias: resolve})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, access.Explain(err, aws.ToString(t.LaunchTemplateId))
		}
		all = append(all, page.LaunchTemplateVersions...)
	}
	return all, nil
}

// scaled says which Auto Scaling groups have what has one of these names.
func (u *Users) scaled(names ...string) string {
	var all []string
	for _, n := range names {
		for _, group := range u.scalings[n] {
			if !slices.Contains(all, group) {
				all = append(all, group)
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	return ", which the Auto Scaling group " + strings.Join(all, ", ") + " has"
}

func (u *Users) groups(ctx context.Context, acc *access.Account, region string) error {
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(acc.AutoScaling(region), &autoscaling.DescribeAutoScalingGroupsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if acc.Lacks(err) {
			return nil
		}
		if err != nil {
			return access.Explain(err, "all Auto Scaling groups")
		}
		for _, g := range page.AutoScalingGroups {
			var has []*string
			has = append(has, g.LaunchConfigurationName)
			if t := g.LaunchTemplate; t != nil {
				has = append(has, t.LaunchTemplateId, t.LaunchTemplateName)
			}
			if m := g.MixedInstancesPolicy; m != nil && m.LaunchTemplate != nil {
				if t := m.LaunchTemplate.LaunchTemplateSpecification; t != nil {
					has = append(has, t.LaunchTemplateId, t.LaunchTemplateName)
				}
				for _, o := range m.LaunchTemplate.Overrides {
					if t := o.LaunchTemplateSpecification; t != nil {
						has = append(has, t.LaunchTemplateId, t.LaunchTemplateName)
					}
				}
			}
			u.scale(aws.ToString(g.AutoScalingGroupName), has)
		}
	}
	return nil
}

func (u *Users) scale(group string, has []*string) {
	for _, p := range has {
		if name := aws.ToString(p); name != "" && !slices.Contains(u.scalings[name], group) {
			u.scalings[name] = append(u.scalings[name], group)
		}
	}
}

func (u *Users) configurations(ctx context.Context, acc *access.Account, region string) error {
	pages := autoscaling.NewDescribeLaunchConfigurationsPaginator(acc.AutoScaling(region), &autoscaling.DescribeLaunchConfigurationsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if acc.Lacks(err) {
			return nil
		}
		if err != nil {
			return access.Explain(err, "all launch configurations")
		}
		for _, l := range page.LaunchConfigurations {
			name := aws.ToString(l.LaunchConfigurationName)
			user := "the launch configuration " + name + u.scaled(name)
			u.add(l.ImageId, user)
			for _, m := range l.BlockDeviceMappings {
				if m.Ebs != nil {
					u.add(m.Ebs.SnapshotId, user)
				}
			}
		}
	}
	return nil
}

// Rights are what finding users needs.
func Rights() []policy.Right {
	return policy.Any("autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeLaunchConfigurations", "ec2:DescribeInstances",
		"ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates", "ssm:GetParameters")
}
