package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/amazon/tags"
)

// Given are the security groups that the template brings, nil for none.
func (o *Options) Given(ctx context.Context, c *ec2.Client, vpc string) ([]string, error) {
	switch {
	case o.SecurityGroupID != "":
		return []string{o.SecurityGroupID}, nil
	case o.SecurityGroupFilter == nil:
		return o.SecurityGroupIDs, nil
	}
	filters := image.Filters(o.SecurityGroupFilter.Filters)
	if vpc != "" {
		filters = append(filters, filter("vpc-id", vpc))
	}
	got, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filters})
	if err != nil {
		return nil, access.Explain(err, "security_group_filter")
	}
	var all []string
	for _, g := range got.SecurityGroups {
		all = append(all, aws.ToString(g.GroupId))
	}
	if len(all) == 0 {
		return nil, errors.New("no security group matches security_group_filter")
	}
	return all, nil
}

// Create makes the security group of a build; nobody is let in yet.
func Create(ctx context.Context, c *ec2.Client, name, vpc string, all map[string]string) (string, error) {
	in := &ec2.CreateSecurityGroupInput{
		GroupName: aws.String(name), Description: aws.String("Temporary group for Ovenbird"),
		TagSpecifications: tags.Specifications(all, types.ResourceTypeSecurityGroup),
	}
	if vpc != "" {
		in.VpcId = aws.String(vpc)
	}
	got, err := c.CreateSecurityGroup(ctx, in)
	switch {
	case err == nil:
		return aws.ToString(got.GroupId), nil
	case access.Code(err) != "InvalidGroup.Duplicate":
		return "", access.Explain(err, name)
	}
	// The name is ours alone: an answer got lost.
	found, err := c.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: []types.Filter{filter("group-name", name)}})
	if err != nil {
		return "", access.Explain(err, name)
	}
	if len(found.SecurityGroups) != 1 {
		return "", fmt.Errorf("CreateSecurityGroup of %s: it exists, but is not to be found", name)
	}
	return aws.ToString(found.SecurityGroups[0].GroupId), nil
}

// knownLimit bounds how long EC2 may take to know a group that it made.
const knownLimit = 2 * time.Minute

// Admit lets networks in to one port of the members of a group.
func Admit(ctx context.Context, c *ec2.Client, group string, port int, from []string) error {
	rule := types.IpPermission{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(int32(port)), ToPort: aws.Int32(int32(port))} //nolint:gosec // ports were checked
	for _, network := range from {
		p, err := netip.ParsePrefix(network)
		if err != nil {
			return fmt.Errorf("letting %s in: %w", network, err)
		}
		if p.Addr().Is4() {
			rule.IpRanges = append(rule.IpRanges, types.IpRange{CidrIp: aws.String(network)})
		} else {
			rule.Ipv6Ranges = append(rule.Ipv6Ranges, types.Ipv6Range{CidrIpv6: aws.String(network)})
		}
	}
	return access.Poll(ctx, knownLimit, "the security group "+group, func(ctx context.Context) (bool, error) {
		_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: aws.String(group), IpPermissions: []types.IpPermission{rule}})
		switch access.Code(err) {
		case "InvalidGroup.NotFound":
			return false, nil
		case "InvalidPermission.Duplicate":
			return true, nil
		}
		return err == nil, explain(err, group)
	})
}

// Delete removes the group of a build; what is gone is no error. EC2 may take a
// while to notice that the instance is gone.
func Delete(ctx context.Context, c *ec2.Client, group string) error {
	return access.Poll(ctx, knownLimit, "the end of the security group "+group, func(ctx context.Context) (bool, error) {
		_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: aws.String(group)})
		switch access.Code(err) {
		case "DependencyViolation", "InvalidGroup.InUse":
			return false, nil
		case "InvalidGroup.NotFound", "InvalidGroupId.NotFound":
			return true, nil
		}
		return err == nil, explain(err, group)
	})
}

func explain(err error, resource string) error {
	if err == nil {
		return nil
	}
	return access.Explain(err, resource)
}
