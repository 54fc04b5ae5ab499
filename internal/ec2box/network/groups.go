package network

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

func newGroup(v *record.VPC, name, description string, tags []record.Tag) *record.Group {
	return &record.Group{
		ID: world.NewID("sg"), Name: name, Description: description, Owner: v.Owner, VPC: v.ID, Tags: tags,
		Egress: []record.Rule{{Protocol: "-1", Ranges: []record.Range{{CidrIp: "0.0.0.0/0"}}, ID: world.NewID("sgr")}},
	}
}

type createGroupIn struct {
	GroupName        string `q:",required"`
	GroupDescription string `q:",required"`
	VpcId            string
	TagSpecification []world.TagSpec
}

func createGroup(c *world.Call, in createGroupIn) (any, error) {
	v := DefaultVPC(c.Region)
	var err error
	if in.VpcId != "" {
		v, err = world.Find(c.VPCs, world.VPCs, in.VpcId)
	}
	switch {
	case err != nil:
		return nil, err
	case v == nil:
		return nil, wire.Bad("VPCIdNotSpecified", "No default VPC for this user")
	case in.GroupName == "" || len(in.GroupName) > 255 || strings.HasPrefix(in.GroupName, "sg-"):
		return nil, wire.Invalid(in.GroupName, "groupName", "Character sets beyond ASCII are not supported, and group names may not be in the format sg-*.")
	case in.GroupDescription == "" || len(in.GroupDescription) > 255:
		return nil, wire.Invalid(in.GroupDescription, "GroupDescription", "It must have 1 to 255 characters.")
	case in.GroupName == "default":
		return nil, wire.Bad("InvalidGroup.Reserved", "The security group 'default' is reserved")
	}
	for _, g := range c.Groups {
		if g.VPC == v.ID && g.Name == in.GroupName {
			return nil, wire.Bad("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", g.Name, v.ID)
		}
	}
	tags, err := world.TagsFor(in.TagSpecification, "security-group")
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	g := newGroup(v, in.GroupName, in.GroupDescription, tags["security-group"])
	c.Groups[g.ID] = g
	return struct {
		ID   string       `xml:"groupId"`
		Tags []record.Tag `xml:"tagSet>item"`
		ARN  string       `xml:"securityGroupArn"`
	}{g.ID, g.Tags, c.ARN("security-group", g.ID)}, nil
}

// groupRef is how requests name a group; the name is looked for in the default VPC.
type groupRef struct{ GroupId, GroupName string }

func (ref groupRef) find(c *world.Call) (*record.Group, error) {
	if ref.GroupId != "" && ref.GroupName != "" {
		return nil, wire.Together("groupName", "groupId")
	}
	if ref.GroupId != "" {
		return world.Find(c.Groups, world.Groups, ref.GroupId)
	}
	if ref.GroupName == "" {
		return nil, wire.Missing("groupName or groupId")
	}
	return Named(c, ref.GroupName)
}

// Named finds a group of the default VPC by its name.
func Named(c *world.Call, name string) (*record.Group, error) {
	v := DefaultVPC(c.Region)
	for _, g := range c.Groups {
		if g.Name == name && v != nil && g.VPC == v.ID {
			return g, nil
		}
	}
	return nil, wire.Bad("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC", name)
}

func deleteGroup(c *world.Call, in groupRef) (any, error) {
	g, err := in.find(c)
	if err != nil {
		return nil, err
	}
	if g.Name == "default" {
		return nil, wire.Bad("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.ID)
	}
	inUse := wire.Bad("DependencyViolation", "resource %s has a dependent object", g.ID)
	for _, i := range c.Instances {
		if !i.Is("terminated") && slices.ContainsFunc(i.Groups, func(n record.GroupName) bool { return n.ID == g.ID }) {
			return nil, inUse
		}
	}
	for _, other := range c.Groups {
		for _, rule := range append(slices.Clone(other.Ingress), other.Egress...) {
			if other != g && slices.ContainsFunc(rule.Groups, func(p record.GroupPair) bool { return p.GroupId == g.ID }) {
				return nil, inUse
			}
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	delete(c.Groups, g.ID)
	return struct {
		wire.Return
		ID string `xml:"groupId"`
	}{wire.Return{Return: true}, g.ID}, nil
}

type describeGroupsIn struct {
	wire.Page
	GroupId   []string
	GroupName []string
	Filter    []wire.Filter
}

func describeGroups(c *world.Call, in describeGroupsIn) (any, error) {
	all, err := world.FindAll(c.Groups, world.Groups, in.GroupId)
	if len(in.GroupName) > 0 && err == nil {
		if len(in.GroupId) == 0 {
			all = nil
		}
		for _, name := range in.GroupName {
			g, err := Named(c, name)
			if err != nil {
				return nil, err
			}
			all = append(all, g)
		}
	}
	if err == nil {
		all, err = wire.Select(all, in.Filter, groupFields(), func(g *record.Group) []record.Tag { return g.Tags })
	}
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("groupId", slices.Concat(in.GroupId, in.GroupName)))
	var shown []record.Group
	for _, g := range page {
		show := *g
		show.Ingress, show.Egress = merged(g.Ingress), merged(g.Egress)
		shown = append(shown, show)
	}
	return struct {
		Groups []record.Group `xml:"securityGroupInfo>item"`
		Next   string         `xml:"nextToken,omitempty"`
	}{shown, next}, err
}

func groupFields() wire.Fields[record.Group] {
	cidrs := func(g *record.Group) (all []string) {
		for _, r := range g.Ingress {
			for _, one := range r.Ranges {
				all = append(all, one.CidrIp)
			}
		}
		return all
	}
	port := func(of func(record.Rule) *int64) func(*record.Group) []string {
		return func(g *record.Group) (all []string) {
			for _, r := range g.Ingress {
				if p := of(r); p != nil {
					all = append(all, fmt.Sprint(*p))
				}
			}
			return all
		}
	}
	return wire.Fields[record.Group]{
		"group-id": wire.One(func(g *record.Group) string { return g.ID }), "group-name": wire.One(func(g *record.Group) string { return g.Name }),
		"vpc-id": wire.One(func(g *record.Group) string { return g.VPC }), "description": wire.One(func(g *record.Group) string { return g.Description }),
		"owner-id": wire.One(func(g *record.Group) string { return g.Owner }), "ip-permission.cidr": cidrs,
		"ip-permission.from-port": port(func(r record.Rule) *int64 { return r.From }), "ip-permission.to-port": port(func(r record.Rule) *int64 { return r.To }),
	}
}

// merged puts the rules of one protocol and port range together, as EC2 shows them.
func merged(rules []record.Rule) []record.Rule {
	var all []record.Rule
	for _, r := range rules {
		i := slices.IndexFunc(all, func(o record.Rule) bool { return portsOf(o) == portsOf(r) })
		if i < 0 {
			all, i = append(all, record.Rule{Protocol: r.Protocol, From: r.From, To: r.To}), len(all)
		}
		all[i].Groups = append(all[i].Groups, r.Groups...)
		all[i].Ranges = append(all[i].Ranges, r.Ranges...)
		all[i].Ranges6 = append(all[i].Ranges6, r.Ranges6...)
	}
	return all
}
