package launch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/storage"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// disks makes the records of the volumes: those of the image, changed and added
// to by the request.
func (p *plan) disks() error {
	all := slices.Clone(p.image.Devices)
	seen := map[string]bool{}
	for _, m := range p.q.BlockDeviceMapping {
		if seen[m.DeviceName] {
			return wire.Bad("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", m.DeviceName)
		}
		seen[m.DeviceName] = true
		n := slices.IndexFunc(all, func(o record.Mapping) bool { return o.DeviceName == m.DeviceName })
		if n >= 0 && m.Ebs != nil && all[n].Ebs != nil {
			if m.Ebs.SnapshotId != "" && m.Ebs.SnapshotId != all[n].Ebs.SnapshotId && m.DeviceName == p.image.RootDevice {
				return wire.Bad("InvalidBlockDeviceMapping", "The snapshot of the root device cannot be another one than the image's")
			}
			m.Ebs = merged(*all[n].Ebs, *m.Ebs)
		}
		if n < 0 {
			all = append(all, m)
			continue
		}
		all[n] = m
	}
	all = slices.DeleteFunc(all, func(m record.Mapping) bool { return m.Ebs == nil })
	slices.SortStableFunc(all, func(a, b record.Mapping) int { // the root first
		return strings.Compare(fmt.Sprint(a.DeviceName != p.image.RootDevice), fmt.Sprint(b.DeviceName != p.image.RootDevice))
	})
	if len(all) == 0 || all[0].DeviceName != p.image.RootDevice {
		return wire.Bad("InvalidBlockDeviceMapping", "There is no volume for the root device %s", p.image.RootDevice)
	}
	tags, err := world.TagsFor(p.q.TagSpecification, "instance", "volume", "network-interface", "spot-instances-request")
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := p.addVolume(m, tags["volume"]); err != nil {
			return err
		}
	}
	return nil
}

// merged puts what a request says of a volume over what an image says.
func merged(base, with record.EBS) *record.EBS {
	if with.VolumeType != "" {
		base.Iops, base.Throughput = nil, nil
	}
	pick(&base.DeleteOnTermination, with.DeleteOnTermination)
	pick(&base.Iops, with.Iops)
	pick(&base.SnapshotId, with.SnapshotId)
	pick(&base.VolumeSize, with.VolumeSize)
	pick(&base.VolumeType, with.VolumeType)
	pick(&base.KmsKeyId, with.KmsKeyId)
	pick(&base.Throughput, with.Throughput)
	pick(&base.Encrypted, with.Encrypted)
	return &base
}

func (p *plan) addVolume(m record.Mapping, tags []record.Tag) error {
	e := *m.Ebs
	if !deref(e.Encrypted) {
		e.Encrypted = nil // that of the snapshot
	}
	v, err := storage.Volume(p.c, e, p.instance.Placement.Zone, slices.ContainsFunc(p.image.Devices, func(o record.Mapping) bool {
		return o.Ebs != nil && o.Ebs.SnapshotId == e.SnapshotId // who may start an image may read its snapshots
	}))
	if err != nil {
		return err
	}
	v.Tags = slices.Clone(tags)
	var d record.Device
	d.Name, d.Ebs.Volume, d.Ebs.State, d.Ebs.Since = m.DeviceName, v.ID, "attached", world.Now()
	d.Ebs.Delete = e.DeleteOnTermination == nil && m.DeviceName == p.image.RootDevice || deref(e.DeleteOnTermination)
	v.Attachments = []record.Attachment{{Volume: v.ID, Instance: p.instance.ID, Device: d.Name, State: "attached", Since: d.Ebs.Since, Delete: d.Ebs.Delete}}
	p.instance.Devices, p.volumes = append(p.instance.Devices, d), append(p.volumes, v)
	return nil
}
