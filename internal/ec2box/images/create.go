package images

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/lifecycle"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/storage"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

type createIn struct {
	InstanceId         string `q:",required"`
	Name               string `q:",required"`
	Description        string
	NoReboot           bool
	BlockDeviceMapping []record.Mapping
	TagSpecification   []world.TagSpec
}

func create(c *world.Call, in createIn) (any, error) {
	instance, err := world.Find(c.Instances, world.Instances, in.InstanceId)
	if err != nil {
		return nil, err
	}
	_, diskless := c.W.Machines.(world.Diskless)
	switch {
	case !instance.Is("running", "stopped") || instance.Rebooting:
		return nil, wire.Bad("InvalidParameterValue", "Instance is not in state 'running' or 'stopped'.")
	case in.NoReboot && instance.Is("running") && !diskless:
		return nil, wire.Unsupported("NoReboot for a running instance; stop it before")
	}
	if err := checkName(c.Region, in.Name, c.W.Account); err != nil {
		return nil, err
	}
	if err := checkDescription(in.Description); err != nil {
		return nil, err
	}
	tags, err := world.TagsFor(in.TagSpecification, "image", "snapshot")
	if err != nil {
		return nil, err
	}
	i := New(c, in.Name, in.Description)
	i.Architecture, i.Virtualization, i.RootDevice, i.BootMode = instance.Architecture, instance.Virtualization, instance.RootDevice, instance.BootMode
	i.ENA, i.SRIOV, i.FromInstance, i.Tags = instance.ENA, instance.SRIOV, instance.ID, tags["image"]
	if from := c.Images[instance.Image]; from != nil {
		i.FromImage, i.FromRegion, i.TPM, i.IMDS, i.UEFIData = from.ID, c.Name, from.TPM, from.IMDS, from.UEFIData
	}
	mappings, volumes, err := imaged(c, instance, in.BlockDeviceMapping)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	var snapshots []*record.Snapshot
	for n, v := range volumes {
		if v == nil {
			continue
		}
		text := fmt.Sprintf("Created by CreateImage(%s) for %s", instance.ID, i.ID)
		s := storage.Begin(c, record.Snapshot{Volume: v.ID, Size: v.Size, Description: text, Encrypted: v.Encrypted, Key: v.Key, Tags: slices.Clone(tags["snapshot"])})
		e := *mappings[n].Ebs
		e.SnapshotId = s.ID
		mappings[n].Ebs = filled(e, s)
		snapshots = append(snapshots, s)
	}
	i.Devices = mappings
	c.Images[i.ID] = i
	shoot(c, i, instance, snapshots)
	return made{i.ID}, nil
}

// imaged are the devices of a new image: those of the instance, changed and
// added to by the request. Those with a volume get a snapshot of it.
func imaged(c *world.Call, instance *record.Instance, wanted []record.Mapping) (all []record.Mapping, volumes []*record.Volume, err error) {
	for _, d := range instance.Devices {
		v := c.Volumes[d.Ebs.Volume]
		if v == nil {
			return nil, nil, wire.Bad("InvalidVolume.NotFound", "The volume '%s' does not exist.", d.Ebs.Volume)
		}
		m := record.Mapping{DeviceName: d.Name, Ebs: &record.EBS{DeleteOnTermination: &d.Ebs.Delete, VolumeSize: &v.Size, VolumeType: v.Type, Iops: v.Iops, Throughput: v.Throughput}}
		all, volumes = append(all, m), append(volumes, v)
	}
	seen := map[string]bool{}
	for _, w := range wanted {
		if seen[w.DeviceName] {
			return nil, nil, wire.Bad("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", w.DeviceName)
		}
		seen[w.DeviceName] = true
		n := slices.IndexFunc(all, func(m record.Mapping) bool { return m.DeviceName == w.DeviceName })
		switch {
		case w.NoDevice != nil && n >= 0:
			if w.DeviceName == instance.RootDevice {
				return nil, nil, wire.Bad("InvalidBlockDeviceMapping", "The root device '%s' cannot be left out", w.DeviceName)
			}
			all, volumes = slices.Delete(all, n, n+1), slices.Delete(volumes, n, n+1)
		case n >= 0:
			if w.Ebs == nil || w.Ebs.SnapshotId != "" {
				return nil, nil, wire.Bad("InvalidBlockDeviceMapping", "The snapshot of the device '%s', which is in use, cannot be specified", w.DeviceName)
			}
			over(all[n].Ebs, *w.Ebs)
			if err := storage.CheckEBS(*all[n].Ebs, &record.Snapshot{Size: volumes[n].Size}); err != nil {
				return nil, nil, err
			}
		default:
			if w.Ebs != nil {
				if err := added(c, &w); err != nil {
					return nil, nil, err
				}
			}
			if w.NoDevice == nil {
				all, volumes = append(all, w), append(volumes, nil)
			}
		}
	}
	return all, volumes, nil
}

// added completes a device that the instance has not.
func added(c *world.Call, m *record.Mapping) (err error) {
	var from *record.Snapshot
	if m.Ebs.SnapshotId != "" {
		if from, err = storage.Find(c, m.Ebs.SnapshotId); err != nil {
			return err
		}
	}
	if err := storage.CheckEBS(*m.Ebs, from); err != nil {
		return err
	}
	m.Ebs = filled(*m.Ebs, from)
	return nil
}

// over puts what a request says over what was.
func over(e *record.EBS, with record.EBS) {
	if with.DeleteOnTermination != nil {
		e.DeleteOnTermination = with.DeleteOnTermination
	}
	if with.VolumeSize != nil {
		e.VolumeSize = with.VolumeSize
	}
	if with.VolumeType != "" {
		e.VolumeType, e.Iops, e.Throughput = with.VolumeType, nil, nil
	}
	if with.Iops != nil {
		e.Iops = with.Iops
	}
	if with.Throughput != nil {
		e.Throughput = with.Throughput
	}
}

// shoot takes the snapshots, for which a machine that runs is off for a while.
func shoot(c *world.Call, i *record.Image, instance *record.Instance, snapshots []*record.Snapshot) {
	w, r, m := c.W, c.Region, c.W.Running[instance.ID]
	reboot := instance.Is("running") && m != nil
	if _, diskless := w.Machines.(world.Diskless); diskless {
		reboot = false
	}
	instance.Rebooting = reboot
	var volumes []string
	for _, s := range snapshots {
		volumes = append(volumes, s.Volume)
	}
	take := func(ctx context.Context) error {
		for _, s := range snapshots {
			if _, err := w.Store.FromVolume(ctx, s.ID, s.Volume); err != nil {
				return err
			}
		}
		return nil
	}
	finish(c, i, snapshots, w.Hold(volumes...), []func(context.Context) error{func(ctx context.Context) error {
		if !reboot {
			return take(ctx)
		}
		err := m.Stop(ctx)
		if err == nil {
			err = errors.Join(take(ctx), m.Start(ctx))
		}
		w.Change(func() {
			lifecycle.Rebooted(w, r, instance, m)
		})
		return err
	}}, func() {})
}
