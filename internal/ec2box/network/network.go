// Package network is the sandbox's regions, networks, security groups and
// tags.
package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"DescribeVpcs": world.Do(describeVPCs), "CreateVpc": world.Do(createVPC), "DeleteVpc": world.Do(deleteVPC),
		"DescribeSubnets": world.Do(describeSubnets), "CreateSubnet": world.Do(createSubnet), "DeleteSubnet": world.Do(deleteSubnet),
		"CreateSecurityGroup": world.Do(createGroup), "DeleteSecurityGroup": world.Do(deleteGroup), "DescribeSecurityGroups": world.Do(describeGroups),
		"AuthorizeSecurityGroupIngress": world.Do(authorizeIngress), "AuthorizeSecurityGroupEgress": world.Do(authorizeEgress),
		"RevokeSecurityGroupIngress": world.Do(revokeIngress), "RevokeSecurityGroupEgress": world.Do(revokeEgress),
		"DescribeSecurityGroupRules": world.Do(describeRules),
		"DescribeRegions":            world.Do(describeRegions), "DescribeAvailabilityZones": world.Do(describeZones),
		"CreateTags": world.Do(createTags), "DeleteTags": world.Do(deleteTags), "DescribeTags": world.Do(describeTags),
	}
}

// Populate gives a new region its default network.
func Populate(r *record.Region, account string) {
	if len(r.VPCs) > 0 {
		return
	}
	v := addVPC(r, account, "172.31.0.0/16", nil)
	v.Default = true
	for i, zone := range r.Zones() {
		s := addSubnet(r, v, netip.PrefixFrom(netip.AddrFrom4([4]byte{172, 31, byte(16 * i)}), 20), zone, nil)
		s.Default, s.Public = true, true
	}
}

func addVPC(r *record.Region, account, cidr string, tags []record.Tag) *record.VPC {
	v := &record.VPC{ID: world.NewID("vpc"), Owner: account, State: "available", CIDR: cidr, DHCP: "default", Tenancy: "default", Tags: tags}
	r.VPCs[v.ID] = v
	g := newGroup(v, "default", "default VPC security group", nil)
	g.Ingress = []record.Rule{{Protocol: "-1", Groups: []record.GroupPair{{UserId: account, GroupId: g.ID}}, ID: world.NewID("sgr")}}
	r.Groups[g.ID] = g
	return v
}

func addSubnet(r *record.Region, v *record.VPC, cidr netip.Prefix, zone string, tags []record.Tag) *record.Subnet {
	s := &record.Subnet{
		ID: world.NewID("subnet"), VPC: v.ID, Owner: v.Owner, State: "available", CIDR: cidr.String(), Zone: zone,
		ZoneID: zoneID(r, zone), Free: int64(1)<<(32-cidr.Bits()) - 5, Tags: tags,
	}
	s.ARN = fmt.Sprintf("arn:aws:ec2:%s:%s:subnet/%s", r.Name, v.Owner, s.ID)
	r.Subnets[s.ID] = s
	return s
}

func zoneID(r *record.Region, zone string) string {
	return fmt.Sprintf("%s-az%d", r.Name, slices.Index(r.Zones(), zone)+1)
}

// DefaultVPC is the region's default network, nil if it was deleted.
func DefaultVPC(r *record.Region) *record.VPC {
	for _, v := range r.VPCs {
		if v.Default {
			return v
		}
	}
	return nil
}

type describeVPCsIn struct {
	wire.Page
	VpcId  []string
	Filter []wire.Filter
}

func describeVPCs(c *world.Call, in describeVPCsIn) (any, error) {
	all, err := world.FindAll(c.VPCs, world.VPCs, in.VpcId)
	if err == nil {
		all, err = wire.Select(all, in.Filter, wire.Fields[record.VPC]{
			"vpc-id": wire.One(func(v *record.VPC) string { return v.ID }), "state": wire.One(func(v *record.VPC) string { return v.State }),
			"cidr": wire.One(func(v *record.VPC) string { return v.CIDR }), "cidr-block-association.cidr-block": wire.One(func(v *record.VPC) string { return v.CIDR }),
			"is-default": wire.One(func(v *record.VPC) string { return fmt.Sprint(v.Default) }), "isDefault": wire.One(func(v *record.VPC) string { return fmt.Sprint(v.Default) }),
			"owner-id": wire.One(func(v *record.VPC) string { return v.Owner }),
		}, func(v *record.VPC) []record.Tag { return v.Tags })
	}
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("vpcId", in.VpcId))
	return struct {
		VPCs []*record.VPC `xml:"vpcSet>item"`
		Next string        `xml:"nextToken,omitempty"`
	}{page, next}, err
}

type createVPCIn struct {
	CidrBlock        string `q:",required"`
	TagSpecification []world.TagSpec
}

func createVPC(c *world.Call, in createVPCIn) (any, error) {
	cidr, err := netip.ParsePrefix(in.CidrBlock)
	if err != nil || cidr != cidr.Masked() || cidr.Bits() < 16 || cidr.Bits() > 28 {
		return nil, wire.Bad("InvalidVpc.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	tags, err := world.TagsFor(in.TagSpecification, "vpc")
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	return struct {
		VPC *record.VPC `xml:"vpc"`
	}{addVPC(c.Region, c.W.Account, in.CidrBlock, tags["vpc"])}, nil
}

type deleteVPCIn struct {
	VpcId string `q:",required"`
}

func deleteVPC(c *world.Call, in deleteVPCIn) (any, error) {
	v, err := world.Find(c.VPCs, world.VPCs, in.VpcId)
	if err != nil {
		return nil, err
	}
	inUse := wire.Bad("DependencyViolation", "The vpc '%s' has dependencies and cannot be deleted.", v.ID)
	var own []string
	for _, s := range c.Subnets {
		if s.VPC == v.ID {
			return nil, inUse
		}
	}
	for _, g := range c.Groups {
		if g.VPC == v.ID {
			own = append(own, g.ID)
		}
	}
	if len(own) > 1 {
		return nil, inUse
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	for _, id := range own {
		delete(c.Groups, id)
	}
	delete(c.VPCs, v.ID)
	return wire.Return{Return: true}, nil
}

type describeSubnetsIn struct {
	wire.Page
	SubnetId []string
	Filter   []wire.Filter
}

func describeSubnets(c *world.Call, in describeSubnetsIn) (any, error) {
	all, err := world.FindAll(c.Subnets, world.Subnets, in.SubnetId)
	if err == nil {
		all, err = wire.Select(all, in.Filter, wire.Fields[record.Subnet]{
			"subnet-id": wire.One(func(s *record.Subnet) string { return s.ID }), "vpc-id": wire.One(func(s *record.Subnet) string { return s.VPC }),
			"state": wire.One(func(s *record.Subnet) string { return s.State }), "cidr-block": wire.One(func(s *record.Subnet) string { return s.CIDR }),
			"availability-zone": wire.One(func(s *record.Subnet) string { return s.Zone }), "availabilityZone": wire.One(func(s *record.Subnet) string { return s.Zone }),
			"availability-zone-id": wire.One(func(s *record.Subnet) string { return s.ZoneID }), "owner-id": wire.One(func(s *record.Subnet) string { return s.Owner }),
			"default-for-az": wire.One(func(s *record.Subnet) string { return fmt.Sprint(s.Default) }), "defaultForAz": wire.One(func(s *record.Subnet) string { return fmt.Sprint(s.Default) }),
			"map-public-ip-on-launch":    wire.One(func(s *record.Subnet) string { return fmt.Sprint(s.Public) }),
			"available-ip-address-count": wire.One(func(s *record.Subnet) string { return fmt.Sprint(s.Free) }),
		}, func(s *record.Subnet) []record.Tag { return s.Tags })
	}
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("subnetId", in.SubnetId))
	return struct {
		Subnets []*record.Subnet `xml:"subnetSet>item"`
		Next    string           `xml:"nextToken,omitempty"`
	}{page, next}, err
}

type createSubnetIn struct {
	VpcId            string `q:",required"`
	CidrBlock        string `q:",required"`
	AvailabilityZone string
	TagSpecification []world.TagSpec
}

func createSubnet(c *world.Call, in createSubnetIn) (any, error) {
	v, err := world.Find(c.VPCs, world.VPCs, in.VpcId)
	if err != nil {
		return nil, err
	}
	cidr, err := netip.ParsePrefix(in.CidrBlock)
	whole := netip.MustParsePrefix(v.CIDR)
	if err != nil || cidr != cidr.Masked() || !whole.Contains(cidr.Addr()) || cidr.Bits() < whole.Bits() || cidr.Bits() > 28 {
		return nil, wire.Bad("InvalidSubnet.Range", "The CIDR '%s' is invalid.", in.CidrBlock)
	}
	for _, s := range c.Subnets {
		if s.VPC == v.ID && netip.MustParsePrefix(s.CIDR).Overlaps(cidr) {
			return nil, wire.Bad("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", in.CidrBlock)
		}
	}
	if in.AvailabilityZone == "" {
		in.AvailabilityZone = c.Zones()[0]
	}
	if !slices.Contains(c.Zones(), in.AvailabilityZone) {
		return nil, wire.Invalid(in.AvailabilityZone, "availabilityZone", "Subnets can currently only be created in the following availability zones: %v.", c.Zones())
	}
	tags, err := world.TagsFor(in.TagSpecification, "subnet")
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	return struct {
		Subnet *record.Subnet `xml:"subnet"`
	}{addSubnet(c.Region, v, cidr, in.AvailabilityZone, tags["subnet"])}, nil
}

type deleteSubnetIn struct {
	SubnetId string `q:",required"`
}

func deleteSubnet(c *world.Call, in deleteSubnetIn) (any, error) {
	s, err := world.Find(c.Subnets, world.Subnets, in.SubnetId)
	if err != nil {
		return nil, err
	}
	for _, i := range c.Instances {
		if i.Subnet == s.ID && !i.Is("terminated") {
			return nil, wire.Bad("DependencyViolation", "The subnet '%s' has dependencies and cannot be deleted.", s.ID)
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	delete(c.Subnets, s.ID)
	return wire.Return{Return: true}, nil
}
