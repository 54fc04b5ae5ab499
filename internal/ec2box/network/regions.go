package network

import (
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

type region struct {
	Name     string `xml:"regionName"`
	Endpoint string `xml:"regionEndpoint"`
	OptIn    string `xml:"optInStatus"`
}

type describeRegionsIn struct {
	RegionName []string
	AllRegions bool
	Filter     []wire.Filter
}

func describeRegions(c *world.Call, in describeRegionsIn) (any, error) {
	for _, name := range in.RegionName {
		if c.W.Regions[name] == nil {
			return nil, wire.Bad("InvalidParameterValue", "Invalid region provided: %s", name)
		}
	}
	var all []*region
	for _, r := range record.Sorted(c.W.Regions) {
		if len(in.RegionName) == 0 || slices.Contains(in.RegionName, r.Name) {
			all = append(all, &region{r.Name, "ec2." + r.Name + ".amazonaws.com", "opt-in-not-required"})
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[region]{
		"region-name": wire.One(func(r *region) string { return r.Name }), "opt-in-status": wire.One(func(r *region) string { return r.OptIn }),
		"endpoint": wire.One(func(r *region) string { return r.Endpoint }),
	}, nil)
	return struct {
		Regions []*region `xml:"regionInfo>item"`
	}{all}, err
}

type zone struct {
	Name   string `xml:"zoneName"`
	ID     string `xml:"zoneId"`
	State  string `xml:"zoneState"`
	Region string `xml:"regionName"`
	OptIn  string `xml:"optInStatus"`
	Group  string `xml:"groupName"`
	Type   string `xml:"zoneType"`
}

type describeZonesIn struct {
	ZoneName             []string
	ZoneId               []string
	AllAvailabilityZones bool
	Filter               []wire.Filter
}

func describeZones(c *world.Call, in describeZonesIn) (any, error) {
	var all []*zone
	for _, name := range c.Zones() {
		z := &zone{name, zoneID(c.Region, name), "available", c.Name, "opt-in-not-required", c.Name, "availability-zone"}
		if len(in.ZoneName)+len(in.ZoneId) == 0 || slices.Contains(in.ZoneName, z.Name) || slices.Contains(in.ZoneId, z.ID) {
			all = append(all, z)
		}
	}
	if len(all) < len(in.ZoneName)+len(in.ZoneId) {
		return nil, wire.Bad("InvalidParameterValue", "Invalid availability zone: %v", append(in.ZoneName, in.ZoneId...))
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[zone]{
		"zone-name": wire.One(func(z *zone) string { return z.Name }), "zone-id": wire.One(func(z *zone) string { return z.ID }),
		"state": wire.One(func(z *zone) string { return z.State }), "region-name": wire.One(func(z *zone) string { return z.Region }),
		"zone-type": wire.One(func(z *zone) string { return z.Type }), "opt-in-status": wire.One(func(z *zone) string { return z.OptIn }),
		"group-name": wire.One(func(z *zone) string { return z.Group }),
	}, nil)
	return struct {
		Zones []*zone `xml:"availabilityZoneInfo>item"`
	}{all}, err
}

type tagsIn struct {
	ResourceId []string `q:",required"`
	Tag        []struct {
		Key   string
		Value *string
	}
}

func createTags(c *world.Call, in tagsIn) (any, error) {
	if len(in.Tag) == 0 {
		return nil, wire.Missing("Tag")
	}
	var add []record.Tag
	for _, t := range in.Tag {
		one := record.Tag{Key: t.Key}
		if t.Value != nil {
			one.Value = *t.Value
		}
		add = append(add, one)
	}
	changed := map[*[]record.Tag][]record.Tag{}
	for _, id := range in.ResourceId {
		tags, err := find(c, id)
		if err != nil {
			return nil, err
		}
		if changed[tags], err = world.Tagged(*tags, add); err != nil {
			return nil, err
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	for tags, all := range changed {
		*tags = all
	}
	return wire.Return{Return: true}, nil
}

// find finds the tags of a resource, with the error of its kind.
func find(c *world.Call, id string) (*[]record.Tag, error) {
	if tags := c.Tagged(id); tags != nil {
		return tags, nil
	}
	return nil, world.Unknown(id)
}

func deleteTags(c *world.Call, in tagsIn) (any, error) {
	var all []*[]record.Tag
	for _, id := range in.ResourceId {
		tags, err := find(c, id)
		if err != nil {
			return nil, err
		}
		all = append(all, tags)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	for _, tags := range all {
		*tags = slices.DeleteFunc(*tags, func(t record.Tag) bool {
			for _, gone := range in.Tag {
				if t.Key == gone.Key && (gone.Value == nil || *gone.Value == t.Value) {
					return true
				}
			}
			return len(in.Tag) == 0
		})
	}
	return wire.Return{Return: true}, nil
}

type shownTag struct {
	ID    string `xml:"resourceId"`
	Type  string `xml:"resourceType"`
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type describeTagsIn struct {
	wire.Page
	Filter []wire.Filter
}

func describeTags(c *world.Call, in describeTagsIn) (any, error) {
	var all []*shownTag
	for _, id := range c.IDs() {
		for _, t := range *c.Tagged(id) {
			all = append(all, &shownTag{id, record.KindOf(id), t.Key, t.Value})
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[shownTag]{
		"key": wire.One(func(t *shownTag) string { return t.Key }), "value": wire.One(func(t *shownTag) string { return t.Value }),
		"resource-id": wire.One(func(t *shownTag) string { return t.ID }), "resource-type": wire.One(func(t *shownTag) string { return t.Type }),
	}, func(t *shownTag) []record.Tag { return []record.Tag{{Key: t.Key, Value: t.Value}} })
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, "")
	return struct {
		Tags []*shownTag `xml:"tagSet>item"`
		Next string      `xml:"nextToken,omitempty"`
	}{page, next}, err
}
