// Package storage is the sandbox's volumes and snapshots.
package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"DescribeSnapshots": world.Do(describeSnapshots), "CreateSnapshot": world.Do(createSnapshot), "CopySnapshot": world.Do(copySnapshot),
		"DeleteSnapshot": world.Do(deleteSnapshot), "ModifySnapshotAttribute": world.Do(modifySnapshot), "DescribeSnapshotAttribute": world.Do(describeSnapshotAttribute),
		"DescribeVolumes": world.Do(describeVolumes), "CreateVolume": world.Do(createVolume), "DeleteVolume": world.Do(deleteVolume),
	}
}

// Visible says whether the sandbox's account may use a snapshot.
func Visible(s *record.Snapshot, account string) bool {
	return s.Owner == account || slices.ContainsFunc(s.Permissions, func(p record.Permission) bool { return p.Group == "all" || p.UserId == account })
}

// Find gives a snapshot that the account may use.
func Find(c *world.Call, id string) (*record.Snapshot, error) {
	s, err := world.Find(c.Snapshots, world.Snapshots, id)
	if err == nil && !Visible(s, c.W.Account) {
		return nil, wire.Bad("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", id)
	}
	return s, err
}

// owned gives a snapshot that the account may change.
func owned(c *world.Call, id string) (*record.Snapshot, error) {
	s, err := Find(c, id)
	if err == nil && s.Owner != c.W.Account {
		return nil, wire.Bad("UnauthorizedOperation", "You are not authorized to perform this operation: the snapshot '%s' belongs to %s.", id, s.Owner)
	}
	return s, err
}

// KeyARN names a KMS key as EC2 shows it.
func KeyARN(region, account, key string) string {
	if strings.HasPrefix(key, "arn:") && strings.Contains(key, ":key/") {
		return key
	}
	name := key
	if key == "" || strings.Contains(key, "alias/") {
		sum := sha256.Sum256([]byte(region + key))
		name = fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
	}
	return fmt.Sprintf("arn:aws:kms:%s:%s:key/%s", region, account, name)
}

type describeSnapshotsIn struct {
	wire.Page
	SnapshotId   []string
	Owner        []string
	RestorableBy []string
	Filter       []wire.Filter
}

func describeSnapshots(c *world.Call, in describeSnapshotsIn) (any, error) {
	for _, id := range in.SnapshotId {
		if _, err := Find(c, id); err != nil {
			return nil, err
		}
	}
	all, err := world.FindAll(c.Snapshots, world.Snapshots, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	self := func(who string) string { return strings.Replace(who, "self", c.W.Account, 1) }
	all = slices.DeleteFunc(slices.Clone(all), func(s *record.Snapshot) bool {
		byOwner := len(in.Owner) == 0 || slices.ContainsFunc(in.Owner, func(o string) bool { return self(o) == s.Owner || o == s.OwnerAlias })
		by := len(in.RestorableBy) == 0 || slices.ContainsFunc(in.RestorableBy, func(who string) bool { return Visible(s, self(who)) })
		return !Visible(s, c.W.Account) || !byOwner || !by
	})
	if all, err = wire.Select(all, in.Filter, snapshotFields(), func(s *record.Snapshot) []record.Tag { return s.Tags }); err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 5, 1000, world.Listed("snapshotIdSet", in.SnapshotId))
	return struct {
		Snapshots []*record.Snapshot `xml:"snapshotSet>item"`
		Next      string             `xml:"nextToken,omitempty"`
	}{page, next}, err
}

func snapshotFields() wire.Fields[record.Snapshot] {
	return wire.Fields[record.Snapshot]{
		"snapshot-id": wire.One(func(s *record.Snapshot) string { return s.ID }), "status": wire.One(func(s *record.Snapshot) string { return s.State }),
		"volume-id": wire.One(func(s *record.Snapshot) string { return s.Volume }), "volume-size": wire.One(func(s *record.Snapshot) string { return fmt.Sprint(s.Size) }),
		"owner-id": wire.One(func(s *record.Snapshot) string { return s.Owner }), "owner-alias": wire.One(func(s *record.Snapshot) string { return s.OwnerAlias }),
		"description": wire.One(func(s *record.Snapshot) string { return s.Description }), "progress": wire.One(func(s *record.Snapshot) string { return s.Progress }),
		"encrypted": wire.One(func(s *record.Snapshot) string { return fmt.Sprint(s.Encrypted) }), "start-time": wire.One(func(s *record.Snapshot) string { return s.Started }),
		"storage-tier": wire.One(func(s *record.Snapshot) string { return s.Tier }),
	}
}

// Begin notes a snapshot that is pending.
func Begin(c *world.Call, s record.Snapshot) *record.Snapshot {
	s.ID, s.State, s.Progress, s.Started, s.Owner, s.Tier = world.NewID("snap"), "pending", "0%", world.Now(), c.W.Account, "standard"
	if s.Volume == "" {
		s.Volume = "vol-ffffffff"
	}
	if s.Encrypted {
		s.Key = KeyARN(c.Name, c.W.Account, s.Key)
	}
	c.Snapshots[s.ID] = &s
	return &s
}

// End brings a snapshot to its end.
func End(w *world.World, s *record.Snapshot, err error) {
	switch {
	case s.State == "deleted" && err == nil:
		discard(w, s.ID)
	case s.State != "pending":
	case err != nil:
		s.State, s.Message = "error", err.Error()
	default:
		s.State, s.Progress, s.Completed = "completed", "100%", world.Now()
	}
	if err != nil {
		w.Log("snapshot " + s.ID + ": " + err.Error())
	}
}

// Copying is what a snapshot's contents are made of, which may take long.
func Copying(c *world.Call, id string, of func(ctx context.Context) error) func(context.Context) error {
	fails := c.Fails
	return func(ctx context.Context) error {
		if err := of(ctx); err != nil {
			return err
		}
		if fails {
			return fmt.Errorf("snapshot %s: the sandbox was told to fail", id)
		}
		return nil
	}
}

type createSnapshotIn struct {
	VolumeId         string `q:",required"`
	Description      string
	TagSpecification []world.TagSpec
}

func createSnapshot(c *world.Call, in createSnapshotIn) (any, error) {
	v, err := world.Find(c.Volumes, world.Volumes, in.VolumeId)
	if err != nil {
		return nil, err
	}
	if v.State != "available" && v.State != "in-use" {
		return nil, wire.Bad("IncorrectState", "Volume '%s' is '%s'", v.ID, v.State)
	}
	if !Readable(c, v) {
		return nil, wire.Unsupported("snapshots of the volumes of a running instance; stop it before")
	}
	tags, err := world.TagsFor(in.TagSpecification, "snapshot")
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	s := Begin(c, record.Snapshot{Volume: v.ID, Size: v.Size, Description: in.Description, Encrypted: v.Encrypted, Key: v.Key, Tags: tags["snapshot"]})
	release := c.W.Hold(v.ID)
	c.W.Work(c.W.Timing.Snapshot, Copying(c, s.ID, func(ctx context.Context) error {
		defer release()
		_, err := c.W.Store.FromVolume(ctx, s.ID, v.ID)
		return err
	}), func(err error) { End(c.W, s, err) })
	return *s, nil
}

// Readable says whether nothing writes to a volume.
func Readable(c *world.Call, v *record.Volume) bool {
	if _, diskless := c.W.Machines.(world.Diskless); diskless {
		return true
	}
	for _, a := range v.Attachments {
		if i := c.Instances[a.Instance]; i != nil && !i.Is("stopped", "terminated") && !i.Rebooting {
			return false
		}
	}
	return true
}

type copySnapshotIn struct {
	SourceRegion      string `q:",required"`
	SourceSnapshotId  string `q:",required"`
	DestinationRegion string
	PresignedUrl      string
	Description       string
	Encrypted         *bool
	KmsKeyId          string
	TagSpecification  []world.TagSpec
}

func copySnapshot(c *world.Call, in copySnapshotIn) (any, error) {
	r := c.W.Regions[in.SourceRegion]
	if r == nil {
		return nil, wire.Bad("InvalidParameterValue", "Invalid source region: %s", in.SourceRegion)
	}
	if in.DestinationRegion != "" && in.DestinationRegion != c.Name {
		return nil, wire.Bad("InvalidParameterValue", "The destination region %s is not the one that is asked", in.DestinationRegion)
	}
	there := *c
	there.Region = r
	from, err := Find(&there, in.SourceSnapshotId)
	if err != nil {
		return nil, err
	}
	if from.State != "completed" {
		return nil, wire.Bad("IncorrectState", "The snapshot '%s' is %s", from.ID, from.State)
	}
	tags, err := world.TagsFor(in.TagSpecification, "snapshot")
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	s := Copy(c, from, in.Encrypted, in.KmsKeyId, in.Description, tags["snapshot"])
	release := c.W.Hold(from.ID)
	c.W.Work(c.W.Timing.Snapshot, Copying(c, s.ID, func(context.Context) error {
		defer release()
		_, err := c.W.Store.Copy(s.ID, from.ID)
		return err
	}), func(err error) { End(c.W, s, err) })
	return struct {
		ID   string       `xml:"snapshotId"`
		Tags []record.Tag `xml:"tagSet>item"`
	}{s.ID, s.Tags}, nil
}

// Copy notes a pending copy of a snapshot.
func Copy(c *world.Call, from *record.Snapshot, encrypted *bool, key, description string, tags []record.Tag) *record.Snapshot {
	return Begin(c, record.Snapshot{
		Size: from.Size, Description: description, Tags: tags, Key: key,
		Encrypted: from.Encrypted || key != "" || encrypted != nil && *encrypted,
	})
}

type snapshotIn struct {
	SnapshotId string `q:",required"`
}

func deleteSnapshot(c *world.Call, in snapshotIn) (any, error) {
	s, err := owned(c, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	if image := UsedBy(c.Region, s.ID); image != "" {
		return nil, wire.Bad("InvalidSnapshot.InUse", "The snapshot %s is currently in use by %s", s.ID, image)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	Remove(c, s)
	return wire.Return{Return: true}, nil
}

// UsedBy names an image that needs a snapshot, "" for none.
func UsedBy(r *record.Region, id string) string {
	for _, i := range record.Sorted(r.Images) {
		if slices.ContainsFunc(i.Devices, func(m record.Mapping) bool { return m.Ebs != nil && m.Ebs.SnapshotId == id }) {
			return i.ID
		}
	}
	return ""
}

// Remove forgets a snapshot and its contents.
func Remove(c *world.Call, s *record.Snapshot) {
	pending := s.State == "pending"
	delete(c.Snapshots, s.ID)
	s.State = "deleted"
	if !pending || s.Direct { // else End does it
		discard(c.W, s.ID)
	}
}

func discard(w *world.World, id string) {
	w.Work(0, func(context.Context) error { return w.Remove(id, w.Store.Delete) }, func(err error) {
		if err != nil {
			w.Log("deleting " + id + ": " + err.Error())
		}
	})
}
