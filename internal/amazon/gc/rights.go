package gc

import (
	"context"
	"errors"
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/amazon/journal"
	"github.com/ovenbird-io/ovenbird/internal/amazon/roles"
)

// Kinds of things that are in no region.
const (
	profileKind = "instance-profile"
	roleKind    = "role"
)

// sweepRights removes instance profiles and roles, which are in no region.
func (c *collector) sweepRights(ctx context.Context) error {
	r := &region{collector: c, ec2: c.Account.EC2("")}
	profiles := kind{name: profileKind, remove: (*region).removeProfile}
	rights := kind{name: roleKind, remove: (*region).removeRole}
	found, err := items(roles.Profiles(ctx, c.Account.IAM(""), unique))
	known := slices.DeleteFunc(slices.Clone(c.ledger.entries), func(e line) bool { return e.Kind != profiles.name && e.Kind != rights.name })
	if err != nil && len(known) == 0 {
		if !c.Account.Lacks(err) {
			c.note("roles and instance profiles are not looked for: %s", err)
		}
		return nil
	}
	if err == nil {
		c.lookedAt("", profileKind)
	}
	var errs []error
	errs = append(errs, err, r.remove(ctx, profiles, withKnown(found, known, profiles.name)))
	if found, err = items(roles.Roles(ctx, c.Account.IAM(""), unique)); err == nil {
		c.lookedAt("", roleKind)
	}
	errs = append(errs, err, r.remove(ctx, rights, withKnown(found, known, rights.name)))
	return errors.Join(errs...)
}

// withKnown adds what the journal knows of, by name: names of roles are unique.
func withKnown(found []Item, known []line, kind string) []Item {
	for _, e := range known {
		if e.Kind != kind || e.ID == "" && !unique(e.Name) {
			continue
		}
		have := false
		for n := range found {
			if found[n].ID == e.Name {
				found[n].Why, have = reason(e), true
			}
		}
		if !have {
			found = append(found, Item{ID: e.Name, Name: e.Name, Why: reason(e)})
		}
	}
	return found
}

// items are those that have our tag.
func items(found []roles.Tagged, err error) ([]Item, error) {
	var all []Item
	for _, f := range found {
		if f.Tags[journal.MadeByTag] == journal.MadeBy {
			all = append(all, Item{ID: f.Name, Name: f.Name, Tags: f.Tags})
		}
	}
	return all, err
}

func (r *region) removeProfile(ctx context.Context, i *Item) error {
	return roles.RemoveProfile(ctx, r.Account.IAM(""), i.ID)
}

func (r *region) removeRole(ctx context.Context, i *Item) error {
	return roles.Remove(ctx, r.Account.IAM(""), i.ID)
}
