package spot

import (
	"cmp"
	"errors"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/lifecycle"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// override is a choice of a fleet.
type override struct {
	InstanceType     string   `xml:"instanceType,omitempty"`
	MaxPrice         string   `xml:"maxPrice,omitempty"`
	SubnetId         string   `xml:"subnetId,omitempty"`
	AvailabilityZone string   `xml:"availabilityZone,omitempty"`
	Priority         *float64 `xml:"priority"`
}

// spec names a template.
type spec struct {
	ID      string `q:"LaunchTemplateId" xml:"launchTemplateId,omitempty"`
	Name    string `q:"LaunchTemplateName" xml:"launchTemplateName,omitempty"`
	Version string `xml:"version,omitempty"`
}

type createFleetIn struct {
	ClientToken string
	Type        string
	SpotOptions *struct {
		AllocationStrategy           string
		InstanceInterruptionBehavior string
		MaxTotalPrice                string
		SingleInstanceType           bool
		SingleAvailabilityZone       bool
		MinTargetCapacity            int64
	}
	OnDemandOptions *struct {
		AllocationStrategy string
		MinTargetCapacity  int64
	}
	LaunchTemplateConfigs []struct {
		LaunchTemplateSpecification *spec `q:",required"`
		Overrides                   []override
	}
	TargetCapacitySpecification struct {
		TotalTargetCapacity       int64 `q:",required"`
		OnDemandTargetCapacity    int64
		SpotTargetCapacity        int64
		DefaultTargetCapacityType string
	} `q:",required"`
	TagSpecification []world.TagSpec
}

// pool is one choice with its template.
type pool struct {
	spec     spec
	override override
	request  launch.Request
	price    float64
}

// chosen is a choice as the answer shows it.
type chosen struct {
	Spec     spec     `xml:"launchTemplateSpecification"`
	Override override `xml:"overrides"`
}

type fleetError struct {
	Chosen    chosen `xml:"launchTemplateAndOverrides"`
	Lifecycle string `xml:"lifecycle"`
	Code      string `xml:"errorCode"`
	Message   string `xml:"errorMessage"`
}

type fleetInstances struct {
	Chosen    chosen   `xml:"launchTemplateAndOverrides"`
	Lifecycle string   `xml:"lifecycle"`
	IDs       []string `xml:"instanceIds>item"`
	Type      string   `xml:"instanceType"`
}

// createFleet starts the instances of an instant fleet in the first choice that
// takes them, in the order of the strategy.
func createFleet(c *world.Call, in createFleetIn) (any, error) {
	if in.Type != "instant" {
		return nil, wire.Unsupported("fleets of a type other than instant")
	}
	count := in.TargetCapacitySpecification.TotalTargetCapacity
	if count < 1 || count > 20 {
		return nil, wire.Bad("InvalidTargetCapacitySpecification", "The total target capacity must be from 1 to 20.")
	}
	pools, err := in.pools(c)
	if err != nil {
		return nil, err
	}
	tags, err := world.TagsFor(in.TagSpecification, "fleet", "instance", "volume", "spot-instances-request", "network-interface")
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	f := &record.Fleet{ID: world.NewID("fleet"), State: "active", Type: in.Type, Created: world.Now(), Tags: tags["fleet"]}
	out := struct {
		ID        string           `xml:"fleetId"`
		Errors    []fleetError     `xml:"errorSet>item"`
		Instances []fleetInstances `xml:"fleetInstanceSet>item"`
	}{ID: f.ID}
	kind := in.lifecycle()
	for _, p := range pools {
		all, err := p.start(c, kind, int(count), in.TagSpecification)
		if err == nil {
			started := fleetInstances{chosen{p.spec, p.override}, kind, nil, p.request.InstanceType}
			for _, i := range all {
				i.Tags = append(i.Tags, record.Tag{Key: "aws:ec2:fleet-id", Value: f.ID})
				started.IDs, f.Instances = append(started.IDs, i.ID), append(f.Instances, i.ID)
			}
			out.Instances = append(out.Instances, started)
			break
		}
		var e *wire.Error
		if !errors.As(err, &e) {
			return nil, err
		}
		out.Errors = append(out.Errors, fleetError{chosen{p.spec, p.override}, kind, e.Code, e.Message})
	}
	c.Fleets[f.ID] = f
	return out, nil
}

func (in createFleetIn) lifecycle() string {
	if in.TargetCapacitySpecification.DefaultTargetCapacityType == "spot" || in.TargetCapacitySpecification.SpotTargetCapacity > 0 {
		return "spot"
	}
	return "on-demand"
}

// pools are all choices, the cheapest first where that is the strategy.
func (in createFleetIn) pools(c *world.Call) ([]pool, error) {
	var all []pool
	for _, config := range in.LaunchTemplateConfigs {
		s := *config.LaunchTemplateSpecification
		if s.Version == "" {
			return nil, wire.Missing("LaunchTemplateSpecification.Version")
		}
		_, q, err := launch.TemplateRef{LaunchTemplateId: s.ID, LaunchTemplateName: s.Name, Version: s.Version}.Find(c)
		if err != nil {
			return nil, err
		}
		if len(config.Overrides) == 0 {
			config.Overrides = []override{{}}
		}
		for _, o := range config.Overrides {
			p := pool{spec: s, override: o, request: q}
			if o.InstanceType != "" {
				p.request.InstanceType = o.InstanceType
			}
			t, err := launch.TypeOf(p.request.InstanceType)
			if err != nil {
				return nil, err
			}
			p.price = t.Price()
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		return nil, wire.Missing("LaunchTemplateConfigs")
	}
	strategy := "lowest-price"
	if in.SpotOptions != nil && in.SpotOptions.AllocationStrategy != "" {
		strategy = in.SpotOptions.AllocationStrategy
	}
	switch strategy {
	case "lowest-price", "price-capacity-optimized":
		slices.SortStableFunc(all, func(a, b pool) int { return cmp.Compare(a.price, b.price) })
	case "diversified", "capacity-optimized", "capacity-optimized-prioritized":
	default:
		return nil, wire.Invalid(strategy, "AllocationStrategy", "The sandbox does not know it.")
	}
	return all, nil
}

func (p pool) start(c *world.Call, kind string, count int, specs []world.TagSpec) ([]*record.Instance, error) {
	q := p.request
	if kind == "spot" {
		q.InstanceMarketOptions = &launch.Market{MarketType: "spot", SpotOptions: &launch.Spot{MaxPrice: p.override.MaxPrice}}
	}
	if p.override.AvailabilityZone != "" {
		q.Placement = &launch.PlacementWish{AvailabilityZone: p.override.AvailabilityZone}
	}
	subnet := p.override.SubnetId
	if len(q.NetworkInterface) > 0 && subnet != "" {
		q.NetworkInterface = slices.Clone(q.NetworkInterface)
		q.NetworkInterface[0].SubnetId, subnet = subnet, ""
	}
	var more []world.TagSpec
	for _, s := range specs {
		if s.ResourceType != "fleet" {
			more = append(more, s)
		}
	}
	return launch.Start(c, launch.Request{TagSpecification: more}.Over(q), subnet, count, "")
}

type deleteFleetsIn struct {
	FleetId            []string
	TerminateInstances *bool `q:",required"`
}

func deleteFleets(c *world.Call, in deleteFleetsIn) (any, error) {
	fleets, err := world.FindAll(c.Fleets, world.Fleets, in.FleetId)
	switch {
	case err != nil:
		return nil, err
	case len(in.FleetId) == 0:
		return nil, wire.Missing("FleetId")
	case !*in.TerminateInstances:
		return nil, wire.Bad("InvalidParameterValue", "Instant fleets cannot be deleted without their instances")
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	type gone struct {
		Current string `xml:"currentFleetState"`
		Before  string `xml:"previousFleetState"`
		ID      string `xml:"fleetId"`
	}
	out := struct {
		Done []gone `xml:"successfulFleetDeletionSet>item"`
	}{}
	for _, f := range fleets {
		for _, id := range f.Instances {
			if i := c.Instances[id]; i != nil && !i.Is("shutting-down", "terminated") {
				i.StateReason = nil
				lifecycle.Terminate(c.W, c.Region, i)
			}
		}
		delete(c.Fleets, f.ID)
		out.Done = append(out.Done, gone{"deleted_terminating", f.State, f.ID})
	}
	return out, nil
}

type describeFleetsIn struct {
	wire.Page
	FleetId []string
	Filter  []wire.Filter
}

func describeFleets(c *world.Call, in describeFleetsIn) (any, error) {
	all, err := world.FindAll(c.Fleets, world.Fleets, in.FleetId)
	if err == nil {
		all, err = wire.Select(all, in.Filter, wire.Fields[record.Fleet]{
			"fleet-state": wire.One(func(f *record.Fleet) string { return f.State }), "type": wire.One(func(f *record.Fleet) string { return f.Type }),
		}, func(f *record.Fleet) []record.Tag { return f.Tags })
	}
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 1, 100, world.Listed("fleetIds", in.FleetId))
	return struct {
		Fleets []*record.Fleet `xml:"fleetSet>item"`
		Next   string          `xml:"nextToken,omitempty"`
	}{page, next}, err
}
