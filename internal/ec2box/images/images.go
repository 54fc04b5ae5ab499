// Package images is the sandbox's AMIs.
package images

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"DescribeImages": world.Do(describe), "CreateImage": world.Do(create), "RegisterImage": world.Do(register), "CopyImage": world.Do(copyImage),
		"DeregisterImage": world.Do(deregister), "ModifyImageAttribute": world.Do(modify), "DescribeImageAttribute": world.Do(describeAttribute),
		"EnableImageDeprecation": world.Do(deprecate), "DisableImageDeprecation": world.Do(undeprecate),
		"EnableImageDeregistrationProtection": world.Do(protect), "DisableImageDeregistrationProtection": world.Do(unprotect),
	}
}

// Visible says whether the sandbox's account may start an image.
func Visible(i *record.Image, account string) bool {
	return i.Owner == account || i.Public || slices.ContainsFunc(i.Permissions, func(p record.Permission) bool { return p.UserId == account })
}

// Find gives an image that the account may use.
func Find(c *world.Call, id string) (*record.Image, error) {
	i, err := world.Find(c.Images, world.Images, id)
	if err == nil && !Visible(i, c.W.Account) {
		return nil, wire.Bad("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", id)
	}
	return i, err
}

// owned gives an image that the account may change.
func owned(c *world.Call, id string) (*record.Image, error) {
	i, err := Find(c, id)
	if err == nil && i.Owner != c.W.Account {
		return nil, wire.Bad("AuthFailure", "Not authorized for image:%s", id)
	}
	return i, err
}

// available gives an image of the account's that is not pending.
func available(c *world.Call, id string) (*record.Image, error) {
	i, err := owned(c, id)
	if err == nil && i.State != "available" {
		return nil, wire.Bad("InvalidAMIID.Unavailable", "The image ID '%s' is not available; it is %s", id, i.State)
	}
	return i, err
}

type describeIn struct {
	wire.Page
	ImageId           []string
	Owner             []string
	ExecutableBy      []string
	IncludeDeprecated bool
	IncludeDisabled   bool
	Filter            []wire.Filter
}

func describe(c *world.Call, in describeIn) (any, error) {
	for _, id := range in.ImageId {
		if _, err := Find(c, id); err != nil {
			return nil, err
		}
	}
	all, err := world.FindAll(c.Images, world.Images, in.ImageId)
	if err != nil {
		return nil, err
	}
	for _, o := range in.Owner {
		if !regexp.MustCompile(`^(self|amazon|aws-marketplace|aws-backup-vault|\d{12})$`).MatchString(o) {
			return nil, wire.Bad("InvalidUserID.Malformed", "Invalid user id: \"%s\"", o)
		}
	}
	now := world.Now()
	all = slices.DeleteFunc(slices.Clone(all), func(i *record.Image) bool {
		hidden := i.Deprecated != "" && i.Deprecated < now && !in.IncludeDeprecated && i.Owner != c.W.Account && len(in.ImageId) == 0
		return hidden || !Visible(i, c.W.Account) || !by(in.Owner, i, c.W.Account) || !executable(in.ExecutableBy, i, c.W.Account)
	})
	if all, err = wire.Select(all, in.Filter, fields(), func(i *record.Image) []record.Tag { return i.Tags }); err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 1, 1000, world.Listed("imageIdsSet", in.ImageId))
	return struct {
		Images []*record.Image `xml:"imagesSet>item"`
		Next   string          `xml:"nextToken,omitempty"`
	}{page, next}, err
}

func by(owners []string, i *record.Image, account string) bool {
	return len(owners) == 0 || slices.ContainsFunc(owners, func(o string) bool {
		return o == i.Owner || o == i.OwnerAlias || o == "self" && i.Owner == account
	})
}

func executable(who []string, i *record.Image, account string) bool {
	return len(who) == 0 || slices.ContainsFunc(who, func(w string) bool {
		if w == "all" {
			return i.Public
		}
		w = strings.Replace(w, "self", account, 1)
		return slices.ContainsFunc(i.Permissions, func(p record.Permission) bool { return p.UserId == w })
	})
}

func fields() wire.Fields[record.Image] {
	one := func(of func(*record.Image) string) func(*record.Image) []string { return wire.One(of) }
	device := func(of func(record.Mapping) string) func(*record.Image) []string {
		return func(i *record.Image) (all []string) {
			for _, m := range i.Devices {
				all = append(all, of(m))
			}
			return all
		}
	}
	return wire.Fields[record.Image]{
		"architecture": one(func(i *record.Image) string { return i.Architecture }), "description": one(func(i *record.Image) string { return i.Description }),
		"creation-date": one(func(i *record.Image) string { return i.Created }), "image-id": one(func(i *record.Image) string { return i.ID }),
		"image-type": one(func(i *record.Image) string { return i.Type }), "is-public": one(func(i *record.Image) string { return fmt.Sprint(i.Public) }),
		"name": one(func(i *record.Image) string { return i.Name }), "owner-alias": one(func(i *record.Image) string { return i.OwnerAlias }),
		"owner-id": one(func(i *record.Image) string { return i.Owner }), "root-device-name": one(func(i *record.Image) string { return i.RootDevice }),
		"root-device-type": one(func(i *record.Image) string { return i.RootType }), "state": one(func(i *record.Image) string { return i.State }),
		"virtualization-type": one(func(i *record.Image) string { return i.Virtualization }), "hypervisor": one(func(i *record.Image) string { return i.Hypervisor }),
		"ena-support": one(func(i *record.Image) string { return fmt.Sprint(i.ENA) }), "boot-mode": one(func(i *record.Image) string { return i.BootMode }),
		"manifest-location": one(func(i *record.Image) string { return i.Location }), "source-instance-id": one(func(i *record.Image) string { return i.FromInstance }),
		"source-image-id": one(func(i *record.Image) string { return i.FromImage }), "source-image-region": one(func(i *record.Image) string { return i.FromRegion }),
		"block-device-mapping.device-name": device(func(m record.Mapping) string { return m.DeviceName }),
		"block-device-mapping.snapshot-id": device(func(m record.Mapping) string { return ebs(m).SnapshotId }),
		"block-device-mapping.volume-type": device(func(m record.Mapping) string { return ebs(m).VolumeType }),
		"block-device-mapping.encrypted":   device(func(m record.Mapping) string { e := ebs(m); return fmt.Sprint(e.Encrypted != nil && *e.Encrypted) }),
	}
}

func ebs(m record.Mapping) record.EBS {
	if m.Ebs == nil {
		return record.EBS{}
	}
	return *m.Ebs
}

// checkName says what is wrong with the name of a new image.
func checkName(r *record.Region, name, account string) error {
	if !regexp.MustCompile(`^[a-zA-Z0-9()\[\] ./\-'@_]{3,128}$`).MatchString(name) {
		return wire.Bad("InvalidAMIName.Malformed", "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'")
	}
	for _, i := range r.Images {
		if i.Name == name && i.Owner == account {
			return wire.Bad("InvalidAMIName.Duplicate", "AMI name %s is already in use by AMI %s", name, i.ID)
		}
	}
	return nil
}

func checkDescription(text string) error {
	if len(text) > 255 {
		return wire.Bad("InvalidParameterValue", "The description may have 255 characters")
	}
	return nil
}

// New is an image with what all of them have.
func New(c *world.Call, name, description string) *record.Image {
	return &record.Image{
		ID: world.NewID("ami"), Name: name, Description: description, Location: c.W.Account + "/" + name, State: "pending", Owner: c.W.Account,
		Created: world.Now(), Type: "machine", PlatformDetails: "Linux/UNIX", UsageOperation: "RunInstances", Hypervisor: "xen", RootType: "ebs",
	}
}

// settle brings an image to its end when its snapshots have come to theirs.
func settle(c *world.Call, i *record.Image, snapshots []*record.Snapshot, finish func()) {
	w, fails := c.W, c.Fails
	w.Work(w.Timing.Image, nil, func(error) {
		if i.State != "pending" || c.Images[i.ID] != i {
			return
		}
		for _, s := range snapshots {
			if s.State != "completed" {
				fails = true
			}
		}
		if fails {
			i.State = "failed"
			i.StateReason = &record.Reason{Code: "Client.InternalError", Message: "Client.InternalError: the snapshots of the image could not be made"}
			return
		}
		i.State = "available"
		finish()
	})
}

type imageIn struct {
	ImageId string `q:",required"`
}

type deprecateIn struct {
	imageIn
	DeprecateAt time.Time `q:",required"`
}

func deprecate(c *world.Call, in deprecateIn) (any, error) {
	i, err := available(c, in.ImageId)
	switch {
	case err != nil:
		return nil, err
	case !in.DeprecateAt.After(time.Now()):
		return nil, wire.Bad("InvalidParameter", "The deprecation time must be in the future: %s", world.Stamp(in.DeprecateAt))
	case in.DeprecateAt.After(time.Now().AddDate(10, 0, 0)):
		return nil, wire.Bad("InvalidParameter", "The deprecation time may be at most 10 years from now: %s", world.Stamp(in.DeprecateAt))
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	i.Deprecated = world.Stamp(in.DeprecateAt.Round(time.Minute))
	return wire.Return{Return: true}, nil
}

func undeprecate(c *world.Call, in imageIn) (any, error) {
	i, err := owned(c, in.ImageId)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	i.Deprecated = ""
	return wire.Return{Return: true}, nil
}

type protectIn struct {
	imageIn
	WithCooldown bool
}

// said is the answer of actions that return a word.
type said struct {
	Return string `xml:"return"`
}

func protect(c *world.Call, in protectIn) (any, error) {
	i, err := available(c, in.ImageId)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	i.Protection, i.Cooldown, i.ProtectedUntil = "enabled-without-cooldown", in.WithCooldown, ""
	if in.WithCooldown {
		i.Protection = "enabled-with-cooldown"
	}
	return said{i.Protection}, nil
}

func unprotect(c *world.Call, in imageIn) (any, error) {
	i, err := owned(c, in.ImageId)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	i.Protection = "disabled"
	if i.Cooldown {
		i.ProtectedUntil = world.Stamp(time.Now().Add(24 * time.Hour))
		i.Protection = "disabled-after-" + i.ProtectedUntil
	}
	return said{i.Protection}, nil
}
