package storage

import (
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Changes are permissions that a request adds and removes.
type Changes struct{ Add, Remove []record.Permission }

// Apply makes the changes. Users and groups that a permission names must exist.
func (ch Changes) Apply(old []record.Permission) ([]record.Permission, error) {
	all := slices.Clone(old)
	for _, p := range slices.Concat(ch.Add, ch.Remove) {
		switch {
		case p == record.Permission{}:
			return nil, wire.Missing("UserId or Group")
		case p.Group != "" && p.Group != "all":
			return nil, wire.Bad("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for userGroup item type.", p.Group)
		case p.UserId != "" && (len(p.UserId) != 12 || !digits(p.UserId)):
			return nil, wire.Bad("InvalidAMIAttributeItemValue", "Invalid attribute item value \"%s\" for userId item type.", p.UserId)
		}
	}
	for _, p := range ch.Add {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return slices.DeleteFunc(all, func(p record.Permission) bool { return slices.Contains(ch.Remove, p) }), nil
}

func digits(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(b byte) bool { return b < '0' || b > '9' })
}

// OldStyle are changes as requests named them once: an attribute, an operation
// and lists.
type OldStyle struct {
	OperationType string
	UserGroup     []string
	UserId        []string
}

// Changes translates them.
func (o OldStyle) Changes() (Changes, error) {
	var all []record.Permission
	for _, id := range o.UserId {
		all = append(all, record.Permission{UserId: id})
	}
	for _, group := range o.UserGroup {
		all = append(all, record.Permission{Group: group})
	}
	switch o.OperationType {
	case "add":
		return Changes{Add: all}, nil
	case "remove":
		return Changes{Remove: all}, nil
	case "":
		if len(all) > 0 {
			return Changes{}, wire.Missing("OperationType")
		}
		return Changes{}, nil
	}
	return Changes{}, wire.Invalid(o.OperationType, "OperationType", "It must be add or remove.")
}

type modifySnapshotIn struct {
	OldStyle
	SnapshotId             string `q:",required"`
	Attribute              string
	CreateVolumePermission *Changes
}

func modifySnapshot(c *world.Call, in modifySnapshotIn) (any, error) {
	s, err := owned(c, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	if in.Attribute != "" && in.Attribute != "createVolumePermission" {
		return nil, wire.Invalid(in.Attribute, "Attribute", "It must be createVolumePermission.")
	}
	ch, err := in.Changes()
	if in.CreateVolumePermission != nil && err == nil {
		ch = *in.CreateVolumePermission
	}
	if err == nil && len(ch.Add)+len(ch.Remove) == 0 {
		err = wire.Missing("CreateVolumePermission")
	}
	if err != nil {
		return nil, err
	}
	if s.Encrypted && len(ch.Add) > 0 && s.Key == KeyARN(c.Name, c.W.Account, "") {
		return nil, wire.Bad("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared")
	}
	all, err := ch.Apply(s.Permissions)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	s.Permissions = all
	return wire.Return{Return: true}, nil
}

type snapshotAttributeIn struct {
	SnapshotId string `q:",required"`
	Attribute  string `q:",required"`
}

func describeSnapshotAttribute(c *world.Call, in snapshotAttributeIn) (any, error) {
	s, err := owned(c, in.SnapshotId)
	if err != nil {
		return nil, err
	}
	out := struct {
		ID          string              `xml:"snapshotId"`
		Permissions []record.Permission `xml:"createVolumePermission>item"`
		Codes       []string            `xml:"productCodes>item"`
	}{ID: s.ID}
	switch in.Attribute {
	case "createVolumePermission":
		out.Permissions = s.Permissions
	case "productCodes":
	default:
		return nil, wire.Invalid(in.Attribute, "Attribute", "It must be createVolumePermission or productCodes.")
	}
	return out, nil
}
