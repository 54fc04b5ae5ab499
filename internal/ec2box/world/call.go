package world

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
)

// Call is one call of an action, with the region that it is for.
type Call struct {
	context.Context
	*record.Region
	W      *World
	Action string
	DryRun bool
	Fails  bool   // what it makes comes to a bad end
	Caller string // ARN

	committed bool
}

// Action does a call.
type Action func(c *Call, form url.Values) (out any, err error)

// Do makes an Action of a function with a request of its own type.
func Do[In any](f func(*Call, In) (any, error)) Action {
	return func(c *Call, form url.Values) (any, error) {
		var in In
		if err := wire.Decode(form, &in); err != nil {
			return nil, err
		}
		return f(c, in)
	}
}

// Commit stands between an action's checks and its effects. In a dry run it is
// the error that ends the action.
func (c *Call) Commit() error {
	if c.DryRun {
		return wire.Bad("DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
	}
	c.committed, c.W.dirty = true, true
	return nil
}

// Finish is the end of an action that did not commit: it only looked.
func (c *Call) Finish() error {
	if c.DryRun && !c.committed {
		return c.Commit()
	}
	return nil
}

// Kind is a kind of resource, named by the beginning of its ids.
type Kind string

// The kinds.
const (
	Images    Kind = "ami"
	Snapshots Kind = "snap"
	Volumes   Kind = "vol"
	Instances Kind = "i"
	Groups    Kind = "sg"
	VPCs      Kind = "vpc"
	Subnets   Kind = "subnet"
	Templates Kind = "lt"
	Fleets    Kind = "fleet"
)

// unknown is the error of an id that nothing has.
func (k Kind) unknown(id string) error {
	e := map[Kind]struct{ malformed, notFound, text string }{
		Images:    {"InvalidAMIID.Malformed", "InvalidAMIID.NotFound", "The image id '[%s]' does not exist"},
		Snapshots: {"InvalidSnapshotID.Malformed", "InvalidSnapshot.NotFound", "The snapshot '%s' does not exist."},
		Volumes:   {"InvalidVolumeID.Malformed", "InvalidVolume.NotFound", "The volume '%s' does not exist."},
		Instances: {"InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound", "The instance ID '%s' does not exist"},
		Groups:    {"InvalidGroupId.Malformed", "InvalidGroup.NotFound", "The security group '%s' does not exist"},
		VPCs:      {"InvalidVpcID.Malformed", "InvalidVpcID.NotFound", "The vpc ID '%s' does not exist"},
		Subnets:   {"InvalidSubnetID.Malformed", "InvalidSubnetID.NotFound", "The subnet ID '%s' does not exist"},
		Templates: {"InvalidLaunchTemplateId.Malformed", "InvalidLaunchTemplateId.NotFound", "The specified launch template, with template ID %s, does not exist."},
		Fleets:    {"InvalidFleetId.Malformed", "InvalidFleetId.NotFound", "The fleet ID '%s' does not exist"},
	}[k]
	hex, ok := strings.CutPrefix(id, string(k)+"-")
	if !ok || len(hex) < 8 || strings.Trim(hex, "0123456789abcdef-") != "" {
		return wire.Bad(e.malformed, "Invalid id: \"%s\" (expecting \"%s-...\")", id, k)
	}
	return wire.Bad(e.notFound, e.text, id)
}

// Find gives the record of an id.
func Find[T any](all map[string]*T, k Kind, id string) (*T, error) {
	if found := all[id]; found != nil {
		return found, nil
	}
	return nil, k.unknown(id)
}

// ARN names a resource of EC2's in this region.
func (c *Call) ARN(kind, id string) string {
	return fmt.Sprintf("arn:aws:ec2:%s:%s:%s/%s", c.Name, c.W.Account, kind, id)
}

// FindAll gives the records of ids, or all for none.
func FindAll[T any](all map[string]*T, k Kind, ids []string) ([]*T, error) {
	if len(ids) == 0 {
		return record.Sorted(all), nil
	}
	var some []*T
	for _, id := range ids {
		t, err := Find(all, k, id)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(some, t) {
			some = append(some, t)
		}
	}
	return some, nil
}

// Listed is the parameter's name where ids are given, for wire.Cut.
func Listed(name string, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return name
}

// TagSpec are tags for the resources of a type that an action makes.
type TagSpec struct {
	ResourceType string `q:",required"`
	Tag          []record.Tag
}

// TagsFor gives the tags for each type of resource that an action makes.
func TagsFor(specs []TagSpec, types ...string) (map[string][]record.Tag, error) {
	all := map[string][]record.Tag{}
	for _, s := range specs {
		if !slices.Contains(types, s.ResourceType) {
			return nil, wire.Bad("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		if all[s.ResourceType] != nil {
			return nil, wire.Bad("InvalidParameterValue", "Duplicate resource type '%s' in tag specifications.", s.ResourceType)
		}
		var err error
		if all[s.ResourceType], err = Tagged(nil, s.Tag); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// Tagged are tags with others put over them.
func Tagged(old, add []record.Tag) ([]record.Tag, error) {
	all := slices.Clone(old)
	seen := map[string]bool{}
	for _, t := range add {
		switch {
		case t.Key == "":
			return nil, wire.Bad("InvalidParameterValue", "Tag key cannot be empty")
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return nil, wire.Bad("InvalidParameterValue", "Value ( %s ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use", t.Key)
		case len([]rune(t.Key)) > 127 || len([]rune(t.Value)) > 255:
			return nil, wire.Bad("InvalidParameterValue", "Tag '%s' exceeds the maximum length of 127 characters for keys or 255 for values", t.Key)
		case seen[t.Key]:
			return nil, wire.Bad("InvalidParameterValue", "Duplicate tag key '%s' specified.", t.Key)
		}
		seen[t.Key] = true
		all = append(slices.DeleteFunc(all, func(o record.Tag) bool { return o.Key == t.Key }), t)
	}
	if len(all) > 50 {
		return nil, wire.Bad("TagLimitExceeded", "The maximum number of tags for a resource is 50.")
	}
	return all, nil
}

// Unknown is the error of an id that nothing has, whatever its kind.
func Unknown(id string) error {
	prefix, _, _ := strings.Cut(id, "-")
	if record.KindOf(id) == "" || prefix == "key" || prefix == "eni" {
		return wire.Bad("InvalidID", "The ID '%s' is not valid", id)
	}
	return Kind(prefix).unknown(id)
}
