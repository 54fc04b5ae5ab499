package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/image"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Place is where an instance may go; what is empty is EC2's choice.
type Place struct {
	VPC, Subnet, Zone string
	Private           bool // instances get no public address there, unless they ask for one
}

// Choose gives the places to try, best first, at least one.
func (o *Options) Choose(ctx context.Context, c *ec2.Client, instanceTypes []string, out *ui.UI) ([]Place, error) {
	vpc, err := o.vpc(ctx, c)
	if err != nil {
		return nil, err
	}
	switch {
	case o.SubnetID != "" || len(o.SubnetIDs) > 0:
		return o.named(ctx, c)
	case o.SubnetFilter != nil:
		return o.filtered(ctx, c, vpc)
	case o.AssociatePublicIPAddress != nil: // EC2 wants to know the subnet then
		place, err := o.spacious(ctx, c, vpc, instanceTypes)
		if err == nil {
			return []Place{place}, nil
		}
		out.Warn("no subnet was found for associate_public_ip_address (%s); it is left to EC2", err.Error())
	}
	return []Place{{VPC: vpc, Zone: o.AvailabilityZone}}, nil
}

// vpc is the VPC that the options name or describe, "" for none.
func (o *Options) vpc(ctx context.Context, c *ec2.Client) (string, error) {
	if o.VPCFilter == nil {
		return o.VPCID, nil
	}
	filters := append(image.Filters(o.VPCFilter.Filters), filter("state", "available"))
	got, err := c.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: filters})
	if err != nil {
		return "", access.Explain(err, "vpc_filter")
	}
	if len(got.Vpcs) != 1 {
		return "", fmt.Errorf("%d VPCs match vpc_filter; exactly one must", len(got.Vpcs))
	}
	return aws.ToString(got.Vpcs[0].VpcId), nil
}

// named are the places of the subnets that the options name, in their order.
func (o *Options) named(ctx context.Context, c *ec2.Client) ([]Place, error) {
	ids := o.SubnetIDs
	if o.SubnetID != "" {
		ids = []string{o.SubnetID}
	}
	got, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: ids})
	if err != nil {
		return nil, access.Explain(err, strings.Join(ids, ", "))
	}
	var places []Place
	for _, id := range ids {
		i := slices.IndexFunc(got.Subnets, func(s types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
		if i < 0 {
			return nil, fmt.Errorf("DescribeSubnets: there is no subnet %s", id)
		}
		places = append(places, placeOf(got.Subnets[i]))
	}
	return places, oneVPC(places)
}

// oneVPC refuses places in several VPCs: a security group belongs to one.
func oneVPC(places []Place) error {
	for _, p := range places {
		if p.VPC != places[0].VPC {
			return fmt.Errorf("the subnets %s and %s are in different VPCs", places[0].Subnet, p.Subnet)
		}
	}
	return nil
}

// filtered is the subnet that subnet_filter describes. With most_free the
// others follow, for when there is no capacity.
func (o *Options) filtered(ctx context.Context, c *ec2.Client, vpc string) ([]Place, error) {
	f := o.SubnetFilter
	filters := append(image.Filters(f.Filters), filter("state", "available"))
	if vpc != "" {
		filters = append(filters, filter("vpc-id", vpc))
	}
	if o.AvailabilityZone != "" {
		filters = append(filters, filter("availability-zone", o.AvailabilityZone))
	}
	all, err := subnets(ctx, c, filters)
	switch {
	case err != nil:
		return nil, err
	case len(all) == 0:
		return nil, errors.New("no subnet matches subnet_filter")
	case len(all) > 1 && !f.MostFree && !f.Random:
		return nil, fmt.Errorf("%d subnets match subnet_filter; say more, or set most_free or random", len(all))
	case f.Random:
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	var places []Place
	for _, s := range all {
		if p := placeOf(s); len(places) == 0 || p.VPC == places[0].VPC {
			places = append(places, p)
		}
	}
	return places, nil
}

// spacious is the subnet with the most free addresses where the type is offered.
func (o *Options) spacious(ctx context.Context, c *ec2.Client, vpc string, instanceTypes []string) (Place, error) {
	filters := []types.Filter{filter("state", "available")}
	if vpc != "" {
		filters = append(filters, filter("vpc-id", vpc))
	} else {
		filters = append(filters, filter("default-for-az", "true"))
	}
	zones := []string{o.AvailabilityZone}
	if o.AvailabilityZone == "" {
		zones = nil
		got, err := c.DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{
			LocationType: types.LocationTypeAvailabilityZone, Filters: []types.Filter{filter("instance-type", instanceTypes...)},
		})
		if err != nil {
			return Place{}, access.Explain(err, strings.Join(instanceTypes, ", "))
		}
		for _, offer := range got.InstanceTypeOfferings {
			zones = append(zones, aws.ToString(offer.Location))
		}
	}
	all, err := subnets(ctx, c, append(filters, filter("availability-zone", zones...)))
	if err != nil {
		return Place{}, err
	}
	if len(all) == 0 {
		return Place{}, errors.New("none is in a zone that has the instance type")
	}
	return placeOf(all[0]), nil
}

// subnets lists those that match, the most free addresses first.
func subnets(ctx context.Context, c *ec2.Client, filters []types.Filter) ([]types.Subnet, error) {
	got, err := c.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: filters})
	if err != nil {
		return nil, access.Explain(err, "subnet_filter")
	}
	slices.SortStableFunc(got.Subnets, func(a, b types.Subnet) int {
		return cmp.Compare(aws.ToInt32(b.AvailableIpAddressCount), aws.ToInt32(a.AvailableIpAddressCount))
	})
	return got.Subnets, nil
}

func placeOf(s types.Subnet) Place {
	return Place{
		VPC: aws.ToString(s.VpcId), Subnet: aws.ToString(s.SubnetId), Zone: aws.ToString(s.AvailabilityZone),
		Private: s.MapPublicIpOnLaunch != nil && !*s.MapPublicIpOnLaunch,
	}
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: aws.String(name), Values: values}
}
