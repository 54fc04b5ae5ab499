package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// permission is a rule as a request has it.
type permission struct {
	IpProtocol string `q:",required"`
	FromPort   *int64
	ToPort     *int64
	Groups     []record.GroupPair
	IpRanges   []record.Range
	Ipv6Ranges []record.Range6
}

// rulesIn is a request that adds or removes rules. The rule may stand in it
// without a list, too.
type rulesIn struct {
	groupRef
	IpPermissions    []permission
	IpProtocol       string
	FromPort, ToPort *int64
	CidrIp           string
	TagSpecification []world.TagSpec
}

// rules takes a request apart: each rule has one range or group.
func (in rulesIn) rules(c *world.Call) ([]record.Rule, error) {
	if in.IpProtocol != "" || in.CidrIp != "" {
		if len(in.IpPermissions) > 0 {
			return nil, wire.Together("ipPermissions", "ipProtocol")
		}
		in.IpPermissions = []permission{{IpProtocol: in.IpProtocol, FromPort: in.FromPort, ToPort: in.ToPort, IpRanges: []record.Range{{CidrIp: in.CidrIp}}}}
	}
	var all []record.Rule
	for _, p := range in.IpPermissions {
		base, err := p.base()
		if err != nil {
			return nil, err
		}
		add := func(set func(*record.Rule)) {
			r := base
			r.ID = world.NewID("sgr")
			set(&r)
			all = append(all, r)
		}
		for _, one := range p.IpRanges {
			if a, err := netip.ParsePrefix(one.CidrIp); err != nil || !a.Addr().Is4() || a != a.Masked() {
				return nil, wire.Bad("InvalidParameterValue", "CIDR block %s is malformed", one.CidrIp)
			}
			add(func(r *record.Rule) { r.Ranges = []record.Range{one} })
		}
		for _, one := range p.Ipv6Ranges {
			if a, err := netip.ParsePrefix(one.CidrIpv6); err != nil || a.Addr().Is4() || a != a.Masked() {
				return nil, wire.Bad("InvalidParameterValue", "CIDR block %s is malformed", one.CidrIpv6)
			}
			add(func(r *record.Rule) { r.Ranges6 = []record.Range6{one} })
		}
		for _, one := range p.Groups {
			other, err := groupRef{one.GroupId, one.GroupName}.find(c)
			if err != nil {
				return nil, err
			}
			add(func(r *record.Rule) {
				r.Groups = []record.GroupPair{{Description: one.Description, UserId: other.Owner, GroupId: other.ID}}
			})
		}
	}
	if len(all) == 0 {
		return nil, wire.Missing("ipPermissions")
	}
	return all, nil
}

// base is the rule without its peer.
func (p permission) base() (record.Rule, error) {
	names := map[string]string{"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
	if name := names[p.IpProtocol]; name != "" {
		p.IpProtocol = name
	}
	r := record.Rule{Protocol: p.IpProtocol, From: p.FromPort, To: p.ToPort}
	switch p.IpProtocol {
	case "-1":
		r.From, r.To = nil, nil
	case "tcp", "udp":
		if p.FromPort == nil || p.ToPort == nil || *p.FromPort < 0 || *p.ToPort > 65535 || *p.FromPort > *p.ToPort {
			return r, wire.Bad("InvalidParameterValue", "Invalid %s port range", strings.ToUpper(p.IpProtocol))
		}
	case "icmp", "icmpv6":
	default:
		if n, err := strconv.Atoi(p.IpProtocol); err != nil || n < 0 || n > 255 {
			return r, wire.Bad("InvalidPermission.Malformed", "Unsupported IP protocol \"%s\"  - supported: [TCP, UDP, ICMP]", p.IpProtocol)
		}
	}
	return r, nil
}

// portsOf tells a rule's protocol and ports.
func portsOf(r record.Rule) string {
	text := r.Protocol
	for _, p := range []*int64{r.From, r.To} {
		if p != nil {
			text += fmt.Sprintf(" %d", *p)
		}
	}
	return text
}

// same says whether two rules let the same through.
func same(a, b record.Rule) bool { return whole(a) == whole(b) }

func whole(r record.Rule) string {
	text := portsOf(r) + " from"
	for _, x := range r.Ranges {
		text += " " + x.CidrIp
	}
	for _, x := range r.Ranges6 {
		text += " " + x.CidrIpv6
	}
	for _, x := range r.Groups {
		text += " " + x.GroupId
	}
	return text
}

// shownRule is a rule as a resource of its own.
type shownRule struct {
	ID          string  `xml:"securityGroupRuleId"`
	Group       string  `xml:"groupId"`
	Owner       string  `xml:"groupOwnerId"`
	Egress      bool    `xml:"isEgress"`
	Protocol    string  `xml:"ipProtocol"`
	From        int64   `xml:"fromPort"`
	To          int64   `xml:"toPort"`
	CIDR        string  `xml:"cidrIpv4,omitempty"`
	CIDR6       string  `xml:"cidrIpv6,omitempty"`
	Referenced  *string `xml:"referencedGroupInfo>groupId"`
	Description string  `xml:"description,omitempty"`
}

func show(g *record.Group, r record.Rule, egress bool) shownRule {
	s := shownRule{ID: r.ID, Group: g.ID, Owner: g.Owner, Egress: egress, Protocol: r.Protocol, From: -1, To: -1}
	if r.From != nil {
		s.From = *r.From
	}
	if r.To != nil {
		s.To = *r.To
	}
	for _, x := range r.Ranges {
		s.CIDR, s.Description = x.CidrIp, x.Description
	}
	for _, x := range r.Ranges6 {
		s.CIDR6, s.Description = x.CidrIpv6, x.Description
	}
	for _, x := range r.Groups {
		s.Referenced, s.Description = &x.GroupId, x.Description
	}
	return s
}

func authorizeIngress(c *world.Call, in rulesIn) (any, error) { return authorize(c, in, false) }
func authorizeEgress(c *world.Call, in rulesIn) (any, error)  { return authorize(c, in, true) }

func side(g *record.Group, egress bool) *[]record.Rule {
	if egress {
		return &g.Egress
	}
	return &g.Ingress
}

func authorize(c *world.Call, in rulesIn, egress bool) (any, error) {
	g, err := in.find(c)
	if err != nil {
		return nil, err
	}
	add, err := in.rules(c)
	if err == nil {
		_, err = world.TagsFor(in.TagSpecification, "security-group-rule")
	}
	if err != nil {
		return nil, err
	}
	rules := side(g, egress)
	all := slices.Clone(*rules)
	var shown []shownRule
	for _, r := range add {
		if slices.ContainsFunc(all, func(o record.Rule) bool { return same(o, r) }) {
			return nil, wire.Bad("InvalidPermission.Duplicate", "the specified rule \"peer: %s, ALLOW\" already exists", whole(r))
		}
		all = append(all, r)
		shown = append(shown, show(g, r, egress))
	}
	if len(all) > 60 {
		return nil, wire.Bad("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	*rules = all
	return struct {
		wire.Return
		Rules []shownRule `xml:"securityGroupRuleSet>item"`
	}{wire.Return{Return: true}, shown}, nil
}

type revokeIn struct {
	rulesIn
	SecurityGroupRuleId []string
}

func revokeIngress(c *world.Call, in revokeIn) (any, error) { return revoke(c, in, false) }
func revokeEgress(c *world.Call, in revokeIn) (any, error)  { return revoke(c, in, true) }

func revoke(c *world.Call, in revokeIn, egress bool) (any, error) {
	g, err := in.find(c)
	if err != nil {
		return nil, err
	}
	rules := side(g, egress)
	rest := slices.Clone(*rules)
	remove := func(what string, which func(record.Rule) bool) error {
		i := slices.IndexFunc(rest, which)
		if i < 0 {
			return wire.Bad("InvalidPermission.NotFound", "The specified rule %s does not exist in this security group.", what)
		}
		rest = slices.Delete(rest, i, i+1)
		return nil
	}
	for _, id := range in.SecurityGroupRuleId {
		if err := remove(id, func(r record.Rule) bool { return r.ID == id }); err != nil {
			return nil, err
		}
	}
	if len(in.SecurityGroupRuleId) == 0 {
		gone, err := in.rules(c)
		if err != nil {
			return nil, err
		}
		for _, r := range gone {
			if err := remove(whole(r), func(o record.Rule) bool { return same(o, r) }); err != nil {
				return nil, err
			}
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	*rules = rest
	return wire.Return{Return: true}, nil
}

type describeRulesIn struct {
	wire.Page
	SecurityGroupRuleId []string
	Filter              []wire.Filter
}

func describeRules(c *world.Call, in describeRulesIn) (any, error) {
	var all []*shownRule
	for _, g := range record.Sorted(c.Groups) {
		for _, egress := range []bool{false, true} {
			for _, r := range *side(g, egress) {
				s := show(g, r, egress)
				if len(in.SecurityGroupRuleId) == 0 || slices.Contains(in.SecurityGroupRuleId, s.ID) {
					all = append(all, &s)
				}
			}
		}
	}
	if len(all) < len(in.SecurityGroupRuleId) {
		return nil, wire.Bad("InvalidSecurityGroupRuleId.NotFound", "One of the security group rules %v does not exist", in.SecurityGroupRuleId)
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[shownRule]{
		"group-id":               wire.One(func(s *shownRule) string { return s.Group }),
		"security-group-rule-id": wire.One(func(s *shownRule) string { return s.ID }),
	}, nil)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("securityGroupRuleId", in.SecurityGroupRuleId))
	return struct {
		Rules []*shownRule `xml:"securityGroupRuleSet>item"`
		Next  string       `xml:"nextToken,omitempty"`
	}{page, next}, err
}
