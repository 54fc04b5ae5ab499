package launch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/lifecycle"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"RunInstances": world.Do(run), "DescribeInstanceTypes": world.Do(describeTypes), "DescribeInstanceTypeOfferings": world.Do(describeOfferings),
	}
}

type runIn struct {
	Request
	SubnetId       string
	MinCount       int64 `q:",required"`
	MaxCount       int64 `q:",required"`
	ClientToken    string
	LaunchTemplate *TemplateRef
}

// TemplateRef names a version of a launch template.
type TemplateRef struct{ LaunchTemplateId, LaunchTemplateName, Version string }

// Find gives the template, and the request of the version.
func (t TemplateRef) Find(c *world.Call) (*record.Template, Request, error) {
	var q Request
	found, err := FindTemplate(c, t.LaunchTemplateId, t.LaunchTemplateName)
	if err != nil {
		return nil, q, err
	}
	version := found.Default
	switch t.Version {
	case "", "$Default":
	case "$Latest":
		version = found.Latest
	default:
		version, err = strconv.ParseInt(t.Version, 10, 64)
		if err != nil || version < 1 || version > int64(len(found.Versions)) {
			return nil, q, wire.Bad("InvalidLaunchTemplateId.VersionNotFound", "Could not find launch template version %s", t.Version)
		}
	}
	return found, q, json.Unmarshal(found.Versions[version-1], &q)
}

// FindTemplate finds a launch template by its id or name.
func FindTemplate(c *world.Call, id, name string) (*record.Template, error) {
	switch {
	case id != "" && name != "":
		return nil, wire.Together("launchTemplateId", "launchTemplateName")
	case id != "":
		return world.Find(c.Templates, world.Templates, id)
	case name == "":
		return nil, wire.Missing("LaunchTemplateId or LaunchTemplateName")
	}
	for _, t := range c.Templates {
		if t.Name == name {
			return t, nil
		}
	}
	return nil, wire.Bad("InvalidLaunchTemplateName.NotFoundException", "At least one of the launch templates specified in the request does not exist.")
}

// Reservation is the answer of RunInstances.
type Reservation struct {
	ID        string             `xml:"reservationId"`
	Owner     string             `xml:"ownerId"`
	Groups    []string           `xml:"groupSet>item"`
	Instances []*record.Instance `xml:"instancesSet>item"`
}

func run(c *world.Call, in runIn) (any, error) {
	q := in.Request
	if in.LaunchTemplate != nil {
		_, base, err := in.LaunchTemplate.Find(c)
		if err != nil {
			return nil, err
		}
		q = q.Over(base)
	}
	if in.MinCount < 1 || in.MaxCount < in.MinCount {
		return nil, wire.Bad("InvalidParameterValue", "Value (%d) for parameter minCount is invalid. It must be from 1 to maxCount, %d.", in.MinCount, in.MaxCount)
	}
	if in.MaxCount > 20 {
		return nil, wire.Bad("InstanceLimitExceeded", "You have requested more instances (%d) than your current instance limit of 20 allows", in.MaxCount)
	}
	all, err := Start(c, q, in.SubnetId, int(in.MaxCount), in.ClientToken)
	if err != nil {
		return nil, err
	}
	return Reservation{ID: all[0].Reservation, Owner: c.W.Account, Instances: all}, nil
}

// Start starts instances.
func Start(c *world.Call, q Request, subnet string, count int, token string) ([]*record.Instance, error) {
	if q.ImageId == "" {
		return nil, wire.Missing("ImageId")
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	var all []*record.Instance
	var volumes []*record.Volume
	id := world.NewID("r")
	for n := range count {
		p, err := makePlan(c, q, subnet)
		if err != nil {
			return nil, err
		}
		p.instance.Reservation, p.instance.Index, p.instance.Token = id, int64(n), token
		all, volumes = append(all, p.instance), append(volumes, p.volumes...)
	}
	if s := c.Subnets[all[0].Subnet]; s.Free < int64(count) {
		return nil, wire.Bad("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '%s' to satisfy the requested number of instances.", s.ID)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	for _, v := range volumes {
		c.Volumes[v.ID] = v
	}
	for _, i := range all {
		c.Instances[i.ID] = i
		c.Subnets[i.Subnet].Free--
		lifecycle.Start(c.W, c.Region, i)
	}
	return all, nil
}

// plan is an instance with its volumes, before it is there.
type plan struct {
	c        *world.Call
	q        Request
	image    *record.Image
	kind     *Type
	instance *record.Instance
	volumes  []*record.Volume
}

func makePlan(c *world.Call, q Request, subnet string) (*plan, error) {
	p := &plan{c: c, q: q, instance: &record.Instance{
		ID: world.NewID("i"), State: record.StateOf("pending"), Launched: world.Now(), Monitoring: "disabled", Shutdown: "stop", SourceCheck: true, Fails: c.Fails,
	}}
	for _, step := range []func() error{p.takeImage, func() error { return p.place(subnet) }, p.takeKey, p.takeProfile, p.options, p.market, p.tag, p.disks} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// tag gives the instance, its volumes and its network interface their tags.
func (p *plan) tag() error {
	types := []string{"instance", "volume", "network-interface"}
	if p.instance.Lifecycle == "spot" {
		types = append(types, "spot-instances-request")
	}
	tags, err := world.TagsFor(p.q.TagSpecification, types...)
	if err != nil {
		return err
	}
	p.instance.Tags = slices.Clone(tags["instance"])
	for n := range p.instance.Interfaces {
		p.instance.Interfaces[n].Tags = slices.Clone(tags["network-interface"])
	}
	return nil
}

func (p *plan) market() error {
	m := p.q.InstanceMarketOptions
	if m == nil || m.MarketType != "spot" {
		return nil
	}
	p.instance.Lifecycle, p.instance.SpotRequest = "spot", "sir-"+p.instance.ID[2:10]
	price := deref(m.SpotOptions).MaxPrice
	if price == "" {
		return nil
	}
	most, err := strconv.ParseFloat(price, 64)
	if err != nil || most <= 0 {
		return wire.Bad("InvalidParameterValue", "The spot price '%s' is invalid.", price)
	}
	if most < p.kind.Price() {
		return wire.Bad("SpotMaxPriceTooLow", "Your Spot request price of %s is lower than the minimum required Spot request fulfillment price of %.4f.", price, p.kind.Price())
	}
	if b := deref(m.SpotOptions).BlockDurationMinutes; b != nil {
		return wire.Bad("UnsupportedOperation", "Spot instances with a block duration of %s minutes are not available any more", fmt.Sprint(*b))
	}
	return nil
}
