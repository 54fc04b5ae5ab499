package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

type shownProfile struct {
	Path, InstanceProfileName, InstanceProfileId, Arn, CreateDate string

	Roles []shownRole `xml:"Roles>member"`
	Tags  []pair      `xml:"Tags>member"`
}

func showProfile(c *world.Call, p *record.Profile) shownProfile {
	shown := shownProfile{"/", p.Name, p.ID, fmt.Sprintf("arn:aws:iam::%s:instance-profile/%s", c.W.Account, p.Name), p.Created, nil, pairs(p.Tags)}
	for _, name := range p.Roles {
		if r := c.W.Roles[name]; r != nil {
			shown.Roles = append(shown.Roles, showRole(c, r))
		}
	}
	return shown
}

func findProfile(c *world.Call, name string) (*record.Profile, error) {
	if p := c.W.Profiles[name]; p != nil {
		return p, nil
	}
	return nil, wire.Bad("NoSuchEntity", "Instance Profile %s cannot be found.", name)
}

type createProfileIn struct {
	profileIn
	Path string
	Tags []record.Tag
}

func createProfile(c *world.Call, in createProfileIn) (any, error) {
	if c.W.Profiles[in.InstanceProfileName] != nil {
		return nil, wire.Bad("EntityAlreadyExists", "Instance Profile %s already exists.", in.InstanceProfileName)
	}
	if in.Path != "" && in.Path != "/" {
		return nil, wire.Unsupported("paths of instance profiles")
	}
	tags, err := world.Tagged(nil, in.Tags)
	if err == nil {
		err = checkName(in.InstanceProfileName, "instanceProfileName")
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	id := strings.ToUpper(world.NewID("AIPA"))
	p := &record.Profile{Name: in.InstanceProfileName, ID: strings.ReplaceAll(id, "-", ""), Created: world.Now(), Tags: tags}
	c.W.Profiles[p.Name] = p
	return struct{ InstanceProfile shownProfile }{showProfile(c, p)}, nil
}

type profileIn struct {
	InstanceProfileName string `q:",required"`
}

func getProfile(c *world.Call, in profileIn) (any, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return struct{ InstanceProfile shownProfile }{showProfile(c, p)}, nil
}

func deleteProfile(c *world.Call, in profileIn) (any, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err == nil && len(p.Roles) > 0 {
		err = wire.Bad("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	delete(c.W.Profiles, p.Name)
	return struct{}{}, nil
}

type profileRoleIn struct {
	profileIn
	RoleName string `q:",required"`
}

func addRole(c *world.Call, in profileRoleIn) (any, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err == nil {
		_, err = findRole(c, in.RoleName)
	}
	if err == nil && len(p.Roles) > 0 {
		err = wire.Bad("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	p.Roles, p.Changed = append(p.Roles, in.RoleName), time.Now()
	return struct{}{}, nil
}

func removeRole(c *world.Call, in profileRoleIn) (any, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err == nil && !slices.Contains(p.Roles, in.RoleName) {
		err = wire.Bad("NoSuchEntity", "Role %s in Instance Profile %s cannot be found.", in.RoleName, in.InstanceProfileName)
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	p.Roles = slices.DeleteFunc(p.Roles, func(r string) bool { return r == in.RoleName })
	return struct{}{}, nil
}

type profilesOut struct {
	InstanceProfiles []shownProfile `xml:"InstanceProfiles>member"`
	IsTruncated      bool
}

func listProfiles(c *world.Call, _ listIn) (any, error) {
	var out profilesOut
	for _, p := range record.Sorted(c.W.Profiles) {
		shown := showProfile(c, p)
		shown.Tags = nil // as in IAM's lists
		out.InstanceProfiles = append(out.InstanceProfiles, shown)
	}
	return out, nil
}

func listProfilesForRole(c *world.Call, in roleListIn) (any, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	var out profilesOut
	for _, p := range record.Sorted(c.W.Profiles) {
		if slices.Contains(p.Roles, r.Name) {
			out.InstanceProfiles = append(out.InstanceProfiles, showProfile(c, p))
		}
	}
	return out, nil
}

type profileListIn struct {
	profileIn
	Marker   string
	MaxItems *int64
}

func listProfileTags(c *world.Call, in profileListIn) (any, error) {
	p, err := findProfile(c, in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return tagsOut{Tags: pairs(p.Tags)}, nil
}
