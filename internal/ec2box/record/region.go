package record

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Region is what there is in a region, by id; key pairs by name.
type Region struct {
	Name       string
	Images     map[string]*Image
	Snapshots  map[string]*Snapshot
	Volumes    map[string]*Volume
	Instances  map[string]*Instance
	Keys       map[string]*Key
	VPCs       map[string]*VPC
	Subnets    map[string]*Subnet
	Groups     map[string]*Group
	Templates  map[string]*Template
	Fleets     map[string]*Fleet
	Parameters map[string]*Parameter
	Secrets    map[string]*Secret
	Scaling    map[string]*ScalingGroup
	Launches   map[string]*LaunchConfiguration
}

// Fill makes the maps that are not there.
func (r *Region) Fill() {
	Empty(&r.Images)
	Empty(&r.Snapshots)
	Empty(&r.Volumes)
	Empty(&r.Instances)
	Empty(&r.Keys)
	Empty(&r.VPCs)
	Empty(&r.Subnets)
	Empty(&r.Groups)
	Empty(&r.Templates)
	Empty(&r.Fleets)
	Empty(&r.Parameters)
	Empty(&r.Secrets)
	Empty(&r.Scaling)
	Empty(&r.Launches)
}

// Empty makes a map that is not there.
func Empty[T any](m *map[string]*T) {
	if *m == nil {
		*m = map[string]*T{}
	}
}

// Zones are the availability zones of the region.
func (r *Region) Zones() []string { return []string{r.Name + "a", r.Name + "b", r.Name + "c"} }

// Template is a launch template.
type Template struct {
	ID       string            `xml:"launchTemplateId"`
	Name     string            `xml:"launchTemplateName"`
	Created  string            `xml:"createTime"`
	By       string            `xml:"createdBy"`
	Default  int64             `xml:"defaultVersionNumber"`
	Latest   int64             `xml:"latestVersionNumber"`
	Tags     []Tag             `xml:"tagSet>item"`
	Versions []json.RawMessage `xml:"-"` // requests, the first version first
}

// Fleet is a fleet of instances.
type Fleet struct {
	ID        string   `xml:"fleetId"`
	State     string   `xml:"fleetState"`
	Type      string   `xml:"type"`
	Created   string   `xml:"createTime"`
	Tags      []Tag    `xml:"tagSet>item"`
	Instances []string `xml:"-"`
}

// Parameter is one of SSM's parameters.
type Parameter struct {
	Name, Type, Value string
	Version           int64
}

// Secret is one of Secrets Manager's secrets.
type Secret struct {
	Name, ARN, Version, Text string
	Binary                   []byte
}

// ScalingGroup is an Auto Scaling group.
type ScalingGroup struct{ Name, Launch, TemplateID, TemplateVersion string }

// LaunchConfiguration is what an Auto Scaling group may start.
type LaunchConfiguration struct{ Name, Image string }

// Role is a role of IAM.
type Role struct {
	Name, ID, Trust, Created string
	Policies                 map[string]string
	Tags                     []Tag
}

// Profile is an instance profile of IAM.
type Profile struct {
	Name, ID, Created string
	Changed           time.Time
	Roles             []string
	Tags              []Tag
}

// Session is what AssumeRole gave.
type Session struct {
	Secret, Token, ARN string
	Until              time.Time
}

// Sorted lists the records of a map by id.
func Sorted[T any](m map[string]*T) []*T {
	var all []*T
	for _, id := range slices.Sorted(maps.Keys(m)) {
		all = append(all, m[id])
	}
	return all
}

// Tagged finds the tags of a resource, nil if there is none of that id.
func (r *Region) Tagged(id string) *[]Tag {
	if i := r.Images[id]; i != nil {
		return &i.Tags
	}
	if s := r.Snapshots[id]; s != nil {
		return &s.Tags
	}
	if v := r.Volumes[id]; v != nil {
		return &v.Tags
	}
	if i := r.Instances[id]; i != nil {
		return &i.Tags
	}
	if g := r.Groups[id]; g != nil {
		return &g.Tags
	}
	if v := r.VPCs[id]; v != nil {
		return &v.Tags
	}
	if s := r.Subnets[id]; s != nil {
		return &s.Tags
	}
	if t := r.Templates[id]; t != nil {
		return &t.Tags
	}
	if f := r.Fleets[id]; f != nil {
		return &f.Tags
	}
	return r.taggedWithin(id)
}

// taggedWithin finds what has an id beside that of the record.
func (r *Region) taggedWithin(id string) *[]Tag {
	for _, k := range r.Keys {
		if k.ID == id {
			return &k.Tags
		}
	}
	for _, i := range r.Instances {
		for n := range i.Interfaces {
			if i.Interfaces[n].ID == id && !i.Is("terminated") {
				return &i.Interfaces[n].Tags
			}
		}
	}
	return nil
}

// IDs lists all that has tags.
func (r *Region) IDs() []string {
	var keys []string
	for _, k := range r.Keys {
		keys = append(keys, k.ID)
	}
	return slices.Sorted(slices.Values(slices.Concat(keys,
		slices.Collect(maps.Keys(r.Images)), slices.Collect(maps.Keys(r.Snapshots)), slices.Collect(maps.Keys(r.Volumes)),
		slices.Collect(maps.Keys(r.Instances)), slices.Collect(maps.Keys(r.Groups)), slices.Collect(maps.Keys(r.VPCs)),
		slices.Collect(maps.Keys(r.Subnets)), slices.Collect(maps.Keys(r.Templates)), slices.Collect(maps.Keys(r.Fleets)))))
}

// KindOf tells what an id is of, by its prefix.
func KindOf(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return map[string]string{
		"ami": "image", "snap": "snapshot", "vol": "volume", "i": "instance", "key": "key-pair", "sg": "security-group",
		"vpc": "vpc", "subnet": "subnet", "lt": "launch-template", "fleet": "fleet", "eni": "network-interface",
	}[prefix]
}
