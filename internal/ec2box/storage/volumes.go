package storage

import (
	"context"
	"fmt"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

type describeVolumesIn struct {
	wire.Page
	VolumeId []string
	Filter   []wire.Filter
}

func describeVolumes(c *world.Call, in describeVolumesIn) (any, error) {
	all, err := world.FindAll(c.Volumes, world.Volumes, in.VolumeId)
	if err == nil {
		all, err = wire.Select(all, in.Filter, volumeFields(), func(v *record.Volume) []record.Tag { return v.Tags })
	}
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("volumeIdSet", in.VolumeId))
	return struct {
		Volumes []*record.Volume `xml:"volumeSet>item"`
		Next    string           `xml:"nextToken,omitempty"`
	}{page, next}, err
}

func volumeFields() wire.Fields[record.Volume] {
	attached := func(of func(record.Attachment) string) func(*record.Volume) []string {
		return func(v *record.Volume) (all []string) {
			for _, a := range v.Attachments {
				all = append(all, of(a))
			}
			return all
		}
	}
	return wire.Fields[record.Volume]{
		"volume-id": wire.One(func(v *record.Volume) string { return v.ID }), "status": wire.One(func(v *record.Volume) string { return v.State }),
		"snapshot-id": wire.One(func(v *record.Volume) string { return v.Snapshot }), "size": wire.One(func(v *record.Volume) string { return fmt.Sprint(v.Size) }),
		"availability-zone": wire.One(func(v *record.Volume) string { return v.Zone }), "volume-type": wire.One(func(v *record.Volume) string { return v.Type }),
		"encrypted": wire.One(func(v *record.Volume) string { return fmt.Sprint(v.Encrypted) }), "create-time": wire.One(func(v *record.Volume) string { return v.Created }),
		"attachment.instance-id": attached(func(a record.Attachment) string { return a.Instance }), "attachment.device": attached(func(a record.Attachment) string { return a.Device }),
		"attachment.status":                attached(func(a record.Attachment) string { return a.State }),
		"attachment.delete-on-termination": attached(func(a record.Attachment) string { return fmt.Sprint(a.Delete) }),
	}
}

type createVolumeIn struct {
	ClientToken      string
	AvailabilityZone string `q:",required"`
	SnapshotId       string
	Size             *int64
	VolumeType       string
	Iops             *int64
	Throughput       *int64
	Encrypted        *bool
	KmsKeyId         string
	TagSpecification []world.TagSpec
}

func createVolume(c *world.Call, in createVolumeIn) (any, error) {
	if !slices.Contains(c.Zones(), in.AvailabilityZone) {
		return nil, wire.Bad("InvalidZone.NotFound", "The zone '%s' does not exist.", in.AvailabilityZone)
	}
	tags, err := world.TagsFor(in.TagSpecification, "volume")
	if err != nil {
		return nil, err
	}
	v, err := Volume(c, record.EBS{
		SnapshotId: in.SnapshotId, VolumeSize: in.Size, VolumeType: in.VolumeType, Iops: in.Iops, Throughput: in.Throughput,
		Encrypted: in.Encrypted, KmsKeyId: in.KmsKeyId,
	}, in.AvailabilityZone, false)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	v.Tags = tags["volume"]
	c.Volumes[v.ID] = v
	release := c.W.Hold(v.ID, v.Snapshot)
	c.W.Work(c.W.Timing.Volume, func(ctx context.Context) error {
		defer release()
		return c.W.Store.CreateVolume(ctx, v.ID, v.Snapshot, v.Size)
	}, func(err error) {
		if v.State = "available"; err != nil {
			v.State = "error"
			c.W.Log("volume " + v.ID + ": " + err.Error())
		}
	})
	return *v, nil
}

// CheckEBS says what is wrong with the sizes and types of a volume; snapshot may be nil.
func CheckEBS(e record.EBS, snapshot *record.Snapshot) error {
	size := int64(0)
	if e.VolumeSize != nil {
		size = *e.VolumeSize
	}
	switch {
	case snapshot == nil && e.VolumeSize == nil:
		return wire.Missing("size/snapshot")
	case e.VolumeSize != nil && (size < 1 || size > 65536):
		return wire.Bad("InvalidParameterValue", "Volume size of %dGiB is invalid", size)
	case snapshot != nil && e.VolumeSize != nil && size < snapshot.Size:
		return wire.Bad("InvalidBlockDeviceMapping", "Volume of size %dGB is smaller than snapshot '%s', expect size >= %dGB", size, snapshot.ID, snapshot.Size)
	case e.KmsKeyId != "" && (e.Encrypted == nil || !*e.Encrypted):
		return wire.Bad("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	case snapshot != nil && snapshot.Encrypted && e.Encrypted != nil && !*e.Encrypted:
		return wire.Bad("InvalidParameterValue", "Encrypted flag cannot be set to false since snapshot %s is encrypted", snapshot.ID)
	}
	limits, known := map[string][3]int64{ // the least and most IOPS, and the most throughput
		"": {}, "standard": {}, "gp2": {}, "st1": {}, "sc1": {}, "gp3": {3000, 80000, 2000}, "io1": {100, 64000, 0}, "io2": {100, 256000, 0},
	}[e.VolumeType]
	switch {
	case !known:
		return wire.Bad("UnknownVolumeType", "Unsupported volume type '%s' for volume creation.", e.VolumeType)
	case e.Iops != nil && (*e.Iops < limits[0] || *e.Iops > limits[1]):
		return wire.Bad("InvalidParameterCombination", "The parameter iops of %d is not supported for %s volumes.", *e.Iops, e.VolumeType)
	case e.Iops == nil && (e.VolumeType == "io1" || e.VolumeType == "io2"):
		return wire.Missing("iops")
	case e.Throughput != nil && (*e.Throughput < 125 || *e.Throughput > limits[2]):
		return wire.Bad("InvalidParameterCombination", "The parameter throughput of %d is not supported for %s volumes.", *e.Throughput, e.VolumeType)
	}
	return nil
}

// Volume makes the record of a volume, which is creating; what is in it is made
// by the caller, who may be trusted to know that the snapshot may be read.
func Volume(c *world.Call, e record.EBS, zone string, trusted bool) (*record.Volume, error) {
	var from *record.Snapshot
	if e.SnapshotId != "" {
		var err error
		from, err = world.Find(c.Snapshots, world.Snapshots, e.SnapshotId)
		if err == nil && !trusted {
			from, err = Find(c, e.SnapshotId)
		}
		if err != nil {
			return nil, err
		}
		if from.State != "completed" {
			return nil, wire.Bad("IncorrectState", "Snapshot is in invalid state - %s", from.State)
		}
	}
	if err := CheckEBS(e, from); err != nil {
		return nil, err
	}
	v := &record.Volume{
		ID: world.NewID("vol"), Snapshot: e.SnapshotId, Zone: zone, State: "creating", Created: world.Now(), Type: e.VolumeType,
		Iops: e.Iops, Throughput: e.Throughput, Encrypted: e.Encrypted != nil && *e.Encrypted,
	}
	if v.Type == "" {
		v.Type = "gp2"
	}
	if v.Type == "gp3" && v.Iops == nil {
		v.Iops = new(int64)
		*v.Iops = 3000
	}
	key := e.KmsKeyId
	if from != nil {
		v.Size, v.Encrypted = from.Size, v.Encrypted || from.Encrypted
		if key == "" {
			key = from.Key
		}
	}
	if e.VolumeSize != nil {
		v.Size = *e.VolumeSize
	}
	if v.Encrypted {
		v.Key = KeyARN(c.Name, c.W.Account, key)
	}
	return v, nil
}

type volumeIn struct {
	VolumeId string `q:",required"`
}

func deleteVolume(c *world.Call, in volumeIn) (any, error) {
	v, err := world.Find(c.Volumes, world.Volumes, in.VolumeId)
	if err != nil {
		return nil, err
	}
	if len(v.Attachments) > 0 {
		return nil, wire.Bad("VolumeInUse", "Volume %s is currently attached to %s", v.ID, v.Attachments[0].Instance)
	}
	if v.State == "creating" {
		return nil, wire.Bad("IncorrectState", "Volume '%s' is creating", v.ID)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	RemoveVolume(c.W, c.Region, v)
	return wire.Return{Return: true}, nil
}

// RemoveVolume forgets a volume and its contents.
func RemoveVolume(w *world.World, r *record.Region, v *record.Volume) {
	delete(r.Volumes, v.ID)
	w.Work(0, func(context.Context) error { return w.Remove(v.ID, w.Store.DeleteVolume) }, func(err error) {
		if err != nil {
			w.Log("deleting " + v.ID + ": " + err.Error())
		}
	})
}
