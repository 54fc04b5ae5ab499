package images

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/storage"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// made is the answer of what makes an image.
type made struct {
	ID string `xml:"imageId"`
}

type registerIn struct {
	Name               string `q:",required"`
	Description        string
	Architecture       string
	RootDeviceName     string
	VirtualizationType string
	BootMode           string
	TpmSupport         string
	UefiData           string
	ImdsSupport        string
	SriovNetSupport    string
	EnaSupport         bool
	BlockDeviceMapping []record.Mapping
	TagSpecification   []world.TagSpec
}

func (in *registerIn) check() error {
	if in.VirtualizationType == "" {
		in.VirtualizationType = "paravirtual"
	}
	if in.Architecture == "" {
		in.Architecture = "i386"
	}
	for _, f := range []struct {
		name, value string
		known       []string
	}{
		{"architecture", in.Architecture, []string{"i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"}},
		{"virtualizationType", in.VirtualizationType, []string{"hvm", "paravirtual"}},
		{"bootMode", in.BootMode, []string{"", "legacy-bios", "uefi", "uefi-preferred"}},
		{"tpmSupport", in.TpmSupport, []string{"", "v2.0"}},
		{"imdsSupport", in.ImdsSupport, []string{"", "v2.0"}},
		{"sriovNetSupport", in.SriovNetSupport, []string{"", "simple"}},
	} {
		if !slices.Contains(f.known, f.value) {
			return wire.Invalid(f.value, f.name, "Known are%s.", strings.Join(f.known, " "))
		}
	}
	switch {
	case in.RootDeviceName == "":
		return wire.Missing("rootDeviceName")
	case in.VirtualizationType == "paravirtual" && in.EnaSupport:
		return wire.Bad("InvalidParameterCombination", "ENA must be used with HVM images")
	case in.Architecture == "arm64" && in.BootMode == "legacy-bios":
		return wire.Bad("InvalidParameterCombination", "The architecture arm64 does not support the boot mode legacy-bios")
	case in.TpmSupport != "" && in.BootMode == "legacy-bios":
		return wire.Bad("InvalidParameterCombination", "TPM support needs the boot mode uefi")
	}
	return checkDescription(in.Description)
}

func register(c *world.Call, in registerIn) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	if err := checkName(c.Region, in.Name, c.W.Account); err != nil {
		return nil, err
	}
	tags, err := world.TagsFor(in.TagSpecification, "image")
	if err != nil {
		return nil, err
	}
	devices, err := registered(c, in)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	i := New(c, in.Name, in.Description)
	i.Architecture, i.Virtualization, i.RootDevice, i.BootMode, i.TPM = in.Architecture, in.VirtualizationType, in.RootDeviceName, in.BootMode, in.TpmSupport
	i.IMDS, i.ENA, i.SRIOV, i.UEFIData, i.Devices, i.Tags = in.ImdsSupport, in.EnaSupport, in.SriovNetSupport, in.UefiData, devices, tags["image"]
	c.Images[i.ID] = i
	settle(c, i, nil, func() {})
	return made{i.ID}, nil
}

// registered are the devices of a new image of existing snapshots.
func registered(c *world.Call, in registerIn) ([]record.Mapping, error) {
	root := false
	names := map[string]bool{}
	for i, m := range in.BlockDeviceMapping {
		if names[m.DeviceName] {
			return nil, wire.Bad("InvalidBlockDeviceMapping", "The device '%s' is used in more than one block-device mapping", m.DeviceName)
		}
		names[m.DeviceName] = true
		if m.Ebs == nil {
			continue
		}
		e := *m.Ebs
		var from *record.Snapshot
		if e.SnapshotId != "" {
			s, err := storage.Find(c, e.SnapshotId)
			if err != nil {
				return nil, err
			}
			if s.State != "completed" {
				return nil, wire.Bad("InvalidSnapshot.NotCompleted", "The snapshot '%s' is %s, not completed", s.ID, s.State)
			}
			from, root = s, root || m.DeviceName == in.RootDeviceName
			if e.Encrypted != nil {
				return nil, wire.Bad("InvalidBlockDeviceMapping", "The parameter encrypted cannot be used with a snapshot, which has an encryption of its own")
			}
		}
		if err := storage.CheckEBS(e, from); err != nil {
			return nil, err
		}
		in.BlockDeviceMapping[i].Ebs = filled(e, from)
	}
	if !root {
		return nil, wire.Bad("InvalidBlockDeviceMapping", "A snapshot is needed for the root device %s", in.RootDeviceName)
	}
	return in.BlockDeviceMapping, nil
}

// filled is what an image tells of a volume, with the defaults.
func filled(e record.EBS, from *record.Snapshot) *record.EBS {
	yes, encrypted := true, e.Encrypted != nil && *e.Encrypted
	if from != nil {
		encrypted = encrypted || from.Encrypted
		if e.VolumeSize == nil {
			e.VolumeSize = &from.Size
		}
	}
	if e.DeleteOnTermination == nil {
		e.DeleteOnTermination = &yes
	}
	if e.VolumeType == "" {
		e.VolumeType = "gp2"
	}
	e.Encrypted, e.KmsKeyId = &encrypted, ""
	return &e
}

type copyIn struct {
	ClientToken                           string
	Name                                  string `q:",required"`
	Description                           string
	SourceImageId                         string `q:",required"`
	SourceRegion                          string `q:",required"`
	Encrypted                             *bool
	KmsKeyId                              string
	CopyImageTags                         bool
	SnapshotCopyCompletionDurationMinutes *int64
	TagSpecification                      []world.TagSpec
}

func copyImage(c *world.Call, in copyIn) (any, error) {
	r := c.W.Regions[in.SourceRegion]
	if r == nil {
		return nil, wire.Bad("InvalidParameterValue", "Invalid source region: %s", in.SourceRegion)
	}
	there := *c
	there.Region = r
	from, err := Find(&there, in.SourceImageId)
	if err != nil {
		return nil, err
	}
	switch {
	case from.State != "available":
		return nil, wire.Bad("InvalidRequest", "The image %s is not available for copying: it is %s", from.ID, from.State)
	case in.KmsKeyId != "" && (in.Encrypted == nil || !*in.Encrypted):
		return nil, wire.Bad("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
	}
	if minutes := in.SnapshotCopyCompletionDurationMinutes; minutes != nil && (*minutes < 15 || *minutes > 2880 || *minutes%15 != 0) {
		return nil, wire.Invalid(fmt.Sprint(*minutes), "SnapshotCopyCompletionDurationMinutes", "It must be a multiple of 15 from 15 to 2880.")
	}
	if err := checkName(c.Region, in.Name, c.W.Account); err != nil {
		return nil, err
	}
	tags, err := world.TagsFor(in.TagSpecification, "image", "snapshot")
	if err == nil {
		err = checkDescription(in.Description)
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	if in.CopyImageTags && from.Owner == c.W.Account {
		if tags["image"], err = world.Tagged(from.Tags, tags["image"]); err != nil {
			return nil, err
		}
	}
	return made{startCopy(c, in, from, r, tags).ID}, nil
}

// startCopy makes a pending image; its devices show their snapshots when it is available.
func startCopy(c *world.Call, in copyIn, from *record.Image, r *record.Region, tags map[string][]record.Tag) *record.Image {
	i := *from
	base := New(c, in.Name, in.Description)
	i.ID, i.Name, i.Description, i.Location, i.State, i.Owner, i.OwnerAlias = base.ID, base.Name, base.Description, base.Location, base.State, base.Owner, ""
	i.Created, i.Public, i.Permissions, i.Deprecated, i.Protection, i.Seeded, i.Cooldown = base.Created, false, nil, "", "", false, false
	i.FromImage, i.FromRegion, i.FromInstance, i.Tags, i.Devices = from.ID, r.Name, "", tags["image"], nil
	var after []record.Mapping
	var snapshots []*record.Snapshot
	var copies []func(context.Context) error
	var sources []string
	for _, m := range from.Devices {
		if m.Ebs != nil {
			e := *m.Ebs
			m.Ebs = &e
			if origin := r.Snapshots[e.SnapshotId]; origin != nil {
				text := fmt.Sprintf("Copied for DestinationAmi %s from SourceAmi %s for SourceSnapshot %s. Task created on 1.", i.ID, from.ID, origin.ID)
				s := storage.Copy(c, origin, in.Encrypted, in.KmsKeyId, text, tags["snapshot"])
				e.SnapshotId, e.Encrypted = s.ID, &s.Encrypted
				snapshots = append(snapshots, s)
				sources = append(sources, origin.ID)
				copies = append(copies, func(context.Context) error { _, err := c.W.Store.Copy(s.ID, origin.ID); return err })
			}
		}
		after = append(after, m)
	}
	c.Images[i.ID] = &i
	finish(c, &i, snapshots, c.W.Hold(sources...), copies, func() { i.Devices = after })
	return &i
}

// finish fills the snapshots of an image, releases what they are filled from, and brings it to its end.
func finish(c *world.Call, i *record.Image, snapshots []*record.Snapshot, release func(), fill []func(context.Context) error, then func()) {
	c.W.Work(c.W.Timing.Snapshot, storage.Copying(c, i.ID, func(ctx context.Context) error {
		defer release()
		for _, f := range fill {
			if err := f(ctx); err != nil {
				return err
			}
		}
		return nil
	}), func(err error) {
		for _, s := range snapshots {
			storage.End(c.W, s, err)
		}
		settle(c, i, snapshots, then)
	})
}

type deregisterIn struct {
	imageIn
	DeleteAssociatedSnapshots bool
}

type deleted struct {
	ID   string `xml:"snapshotId"`
	Code string `xml:"returnCode"`
}

func deregister(c *world.Call, in deregisterIn) (any, error) {
	i, err := owned(c, in.ImageId)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(i.Protection, "enabled") || i.ProtectedUntil > world.Now() {
		return nil, wire.Bad("OperationNotPermitted", "The image %s has deregistration protection: %s", i.ID, i.Protection)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	delete(c.Images, i.ID)
	out := struct {
		wire.Return
		Results []deleted `xml:"deleteSnapshotResultSet>item"`
	}{Return: wire.Return{Return: true}}
	for _, m := range i.Devices {
		s := c.Snapshots[ebs(m).SnapshotId]
		if s == nil || !in.DeleteAssociatedSnapshots {
			continue
		}
		code := "success"
		switch {
		case s.Owner != c.W.Account:
			code = "missing-permissions"
		case storage.UsedBy(c.Region, s.ID) != "":
			code = "skipped"
		default:
			storage.Remove(c, s)
		}
		out.Results = append(out.Results, deleted{s.ID, code})
	}
	return out, nil
}
