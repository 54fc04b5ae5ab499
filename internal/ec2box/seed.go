package ec2box

import (
	"context"
	"fmt"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// AddImage gives the sandbox an image to begin with, and tells its id. One of
// the same name that was added before stays as it is.
func (s *Server) AddImage(ctx context.Context, seed Image) (string, error) {
	fill(&seed.Region, s.o.Regions[0])
	fill(&seed.Owner, s.o.Account)
	fill(&seed.Architecture, "x86_64")
	fill(&seed.RootDevice, "/dev/xvda")
	fill(&seed.Created, world.Now())
	if seed.SizeGiB == 0 {
		seed.SizeGiB = 8
	}
	if s.world.Regions[seed.Region] == nil {
		return "", fmt.Errorf("adding the image %s: there is no region %s", seed.Name, seed.Region)
	}
	found := ""
	s.world.Change(func() {
		for _, i := range s.world.Regions[seed.Region].Images {
			if i.Name == seed.Name && i.Seeded {
				found = i.ID
			}
		}
	})
	if found != "" {
		return found, nil
	}
	id := world.NewID("snap")
	size, err := s.addDisk(ctx, id, seed)
	if err != nil {
		return "", fmt.Errorf("adding the image %s: %w", seed.Name, err)
	}
	var image *record.Image
	s.world.Change(func() { image = s.record(seed, id, size) })
	return image.ID, nil
}

func fill(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

// addDisk makes the snapshot's contents, and tells their size in GiB.
func (s *Server) addDisk(ctx context.Context, id string, seed Image) (int64, error) {
	if seed.Path != "" {
		made, err := s.world.Store.FromFile(ctx, id, seed.Path)
		if err != nil {
			return 0, err
		}
		return made.SizeGiB(), nil
	}
	made, err := s.world.Store.Create(ctx, id, "", seed.SizeGiB)
	if err != nil {
		return 0, err
	}
	return seed.SizeGiB, made.Complete()
}

func (s *Server) record(seed Image, snapshot string, size int64) *record.Image {
	var tags []record.Tag
	for k, v := range seed.Tags {
		tags = append(tags, record.Tag{Key: k, Value: v})
	}
	r := s.world.Regions[seed.Region]
	r.Snapshots[snapshot] = &record.Snapshot{
		ID: snapshot, Volume: "vol-ffffffff", State: "completed", Started: seed.Created, Completed: seed.Created, Progress: "100%",
		Owner: seed.Owner, OwnerAlias: seed.OwnerAlias, Size: size, Tier: "standard", Description: "of " + seed.Name, Seeded: true,
	}
	yes, no := true, false
	i := &record.Image{
		ID: world.NewID("ami"), Name: seed.Name, Description: seed.Description, Location: seed.Owner + "/" + seed.Name, State: "available",
		Owner: seed.Owner, OwnerAlias: seed.OwnerAlias, Public: seed.Public, Created: seed.Created, Architecture: seed.Architecture, Type: "machine",
		PlatformDetails: "Linux/UNIX", UsageOperation: "RunInstances", Hypervisor: "xen", Virtualization: "hvm", RootDevice: seed.RootDevice, RootType: "ebs",
		ENA: true, SRIOV: "simple", BootMode: seed.BootMode, Tags: tags, Seeded: true,
		Devices: []record.Mapping{{DeviceName: seed.RootDevice, Ebs: &record.EBS{DeleteOnTermination: &yes, SnapshotId: snapshot, VolumeSize: &size, VolumeType: "gp2", Encrypted: &no}}},
	}
	r.Images[i.ID] = i
	return i
}
