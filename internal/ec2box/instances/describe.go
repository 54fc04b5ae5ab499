package instances

import (
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

type describeIn struct {
	wire.Page
	InstanceId []string
	Filter     []wire.Filter
}

func describe(c *world.Call, in describeIn) (any, error) {
	all, err := world.FindAll(c.Instances, world.Instances, in.InstanceId)
	if err == nil {
		all, err = wire.Select(all, in.Filter, fields(), func(i *record.Instance) []record.Tag { return i.Tags })
	}
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("instancesSet", in.InstanceId))
	var reservations []*launch.Reservation
	for _, i := range page {
		n := slices.IndexFunc(reservations, func(r *launch.Reservation) bool { return r.ID == i.Reservation })
		if n < 0 {
			n, reservations = len(reservations), append(reservations, &launch.Reservation{ID: i.Reservation, Owner: c.W.Account})
		}
		reservations[n].Instances = append(reservations[n].Instances, i)
	}
	return struct {
		Reservations []*launch.Reservation `xml:"reservationSet>item"`
		Next         string                `xml:"nextToken,omitempty"`
	}{reservations, next}, err
}

func fields() wire.Fields[record.Instance] {
	one := func(of func(*record.Instance) string) func(*record.Instance) []string { return wire.One(of) }
	groups := func(of func(record.GroupName) string) func(*record.Instance) []string {
		return func(i *record.Instance) (all []string) {
			for _, g := range i.Groups {
				all = append(all, of(g))
			}
			return all
		}
	}
	id, name := groups(func(g record.GroupName) string { return g.ID }), groups(func(g record.GroupName) string { return g.Name })
	return wire.Fields[record.Instance]{
		"architecture": one(func(i *record.Instance) string { return i.Architecture }), "availability-zone": one(func(i *record.Instance) string { return i.Placement.Zone }),
		"client-token": one(func(i *record.Instance) string { return i.Token }), "image-id": one(func(i *record.Instance) string { return i.Image }),
		"instance-id": one(func(i *record.Instance) string { return i.ID }), "instance-lifecycle": one(func(i *record.Instance) string { return i.Lifecycle }),
		"instance-state-name": one(func(i *record.Instance) string { return i.State.Name }), "instance-state-code": one(func(i *record.Instance) string { return fmt.Sprint(i.State.Code) }),
		"instance-type": one(func(i *record.Instance) string { return i.Type }), "key-name": one(func(i *record.Instance) string { return i.KeyName }),
		"private-ip-address": one(func(i *record.Instance) string { return i.PrivateIP }), "ip-address": one(func(i *record.Instance) string { return i.PublicIP }),
		"reservation-id": one(func(i *record.Instance) string { return i.Reservation }), "subnet-id": one(func(i *record.Instance) string { return i.Subnet }),
		"vpc-id": one(func(i *record.Instance) string { return i.VPC }), "root-device-name": one(func(i *record.Instance) string { return i.RootDevice }),
		"instance.group-id": id, "instance.group-name": name, "group-id": id, "group-name": name, "network-interface.group-id": id,
		"iam-instance-profile.arn": func(i *record.Instance) (all []string) {
			if i.Profile != nil {
				all = []string{i.Profile.ARN}
			}
			return all
		}, "launch-time": one(func(i *record.Instance) string { return i.Launched }),
		"block-device-mapping.volume-id": func(i *record.Instance) (all []string) {
			for _, d := range i.Devices {
				all = append(all, d.Ebs.Volume)
			}
			return all
		},
	}
}

// status is that of an instance's checks.
type status struct {
	Zone   string       `xml:"availabilityZone"`
	ID     string       `xml:"instanceId"`
	State  record.State `xml:"instanceState"`
	Checks string       `xml:"instanceStatus>status"`
	System string       `xml:"systemStatus>status"`
}

type statusIn struct {
	describeIn
	IncludeAllInstances bool
}

func describeStatus(c *world.Call, in statusIn) (any, error) {
	instances, err := world.FindAll(c.Instances, world.Instances, in.InstanceId)
	if err != nil {
		return nil, err
	}
	var all []*status
	for _, i := range instances {
		checks := "not-applicable"
		if i.Is("running") {
			checks = "ok"
		}
		if i.Is("running") || in.IncludeAllInstances {
			all = append(all, &status{i.Placement.Zone, i.ID, i.State, checks, checks})
		}
	}
	all, err = wire.Select(all, in.Filter, wire.Fields[status]{
		"availability-zone": wire.One(func(s *status) string { return s.Zone }), "instance-state-name": wire.One(func(s *status) string { return s.State.Name }),
		"instance-status.status": wire.One(func(s *status) string { return s.Checks }), "system-status.status": wire.One(func(s *status) string { return s.System }),
	}, nil)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("instancesSet", in.InstanceId))
	return struct {
		Statuses []*status `xml:"instanceStatusSet>item"`
		Next     string    `xml:"nextToken,omitempty"`
	}{page, next}, err
}

type consoleIn struct {
	InstanceId string `q:",required"`
	Latest     bool
}

// console gives what the guest has written, of which EC2 has the latest only
// for Nitro types.
func console(c *world.Call, in consoleIn) (any, error) {
	i, err := world.Find(c.Instances, world.Instances, in.InstanceId)
	if err != nil {
		return nil, err
	}
	if t, err := launch.TypeOf(i.Type); err == nil && in.Latest && t.Hyper != "nitro" {
		return nil, wire.Bad("UnsupportedOperation", "This instance type does not support retrieving the latest console logs. Only instances based on the Nitro hypervisor support this operation.")
	}
	text := i.Console
	if m := c.W.Running[i.ID]; m != nil {
		text = string(m.Console())
	}
	return struct {
		ID     string `xml:"instanceId"`
		At     string `xml:"timestamp"`
		Output string `xml:"output,omitempty"`
	}{i.ID, world.Now(), base64.StdEncoding.EncodeToString([]byte(text))}, nil
}
