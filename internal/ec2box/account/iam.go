package account

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// IAM are the actions of IAM.
func IAM() map[string]world.Action {
	return map[string]world.Action{
		"CreateRole": world.Do(createRole), "GetRole": world.Do(getRole), "DeleteRole": world.Do(deleteRole), "ListRoles": world.Do(listRoles), "ListRoleTags": world.Do(listRoleTags),
		"PutRolePolicy": world.Do(putPolicy), "GetRolePolicy": world.Do(getPolicy), "DeleteRolePolicy": world.Do(deletePolicy), "ListRolePolicies": world.Do(listPolicies),
		"ListAttachedRolePolicies": world.Do(listAttached),
		"CreateInstanceProfile":    world.Do(createProfile), "GetInstanceProfile": world.Do(getProfile), "DeleteInstanceProfile": world.Do(deleteProfile),
		"AddRoleToInstanceProfile": world.Do(addRole), "RemoveRoleFromInstanceProfile": world.Do(removeRole),
		"ListInstanceProfiles": world.Do(listProfiles), "ListInstanceProfilesForRole": world.Do(listProfilesForRole), "ListInstanceProfileTags": world.Do(listProfileTags),
	}
}

func roleARN(c *world.Call, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s", c.W.Account, name)
}

// pair is a tag as IAM writes it.
type pair struct{ Key, Value string }

func pairs(tags []record.Tag) []pair {
	var all []pair
	for _, t := range tags {
		all = append(all, pair(t))
	}
	return all
}

type shownRole struct {
	Path, RoleName, RoleId, Arn, CreateDate, AssumeRolePolicyDocument string

	Tags []pair `xml:"Tags>member"`
}

func showRole(c *world.Call, r *record.Role) shownRole {
	return shownRole{"/", r.Name, r.ID, roleARN(c, r.Name), r.Created, url.PathEscape(r.Trust), pairs(r.Tags)}
}

func findRole(c *world.Call, name string) (*record.Role, error) {
	if r := c.W.Roles[name]; r != nil {
		return r, nil
	}
	return nil, wire.Bad("NoSuchEntity", "The role with name %s cannot be found.", name)
}

func checkName(name, what string) error {
	if !regexp.MustCompile(`^[\w+=,.@-]{1,64}$`).MatchString(name) {
		return wire.Bad("ValidationError", "The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", what)
	}
	return nil
}

type createRoleIn struct {
	RoleName                 string `q:",required"`
	AssumeRolePolicyDocument string `q:",required"`
	Description              string
	Path                     string
	Tags                     []record.Tag
}

func createRole(c *world.Call, in createRoleIn) (any, error) {
	switch {
	case c.W.Roles[in.RoleName] != nil:
		return nil, wire.Bad("EntityAlreadyExists", "Role with name %s already exists.", in.RoleName)
	case in.Path != "" && in.Path != "/":
		return nil, wire.Unsupported("paths of roles")
	case !json.Valid([]byte(in.AssumeRolePolicyDocument)):
		return nil, wire.Bad("MalformedPolicyDocument", "This policy contains invalid Json")
	}
	if err := checkName(in.RoleName, "roleName"); err != nil {
		return nil, err
	}
	tags, err := world.Tagged(nil, in.Tags)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	id := strings.ToUpper(world.NewID("AROA"))
	r := &record.Role{Name: in.RoleName, ID: strings.ReplaceAll(id, "-", ""), Trust: in.AssumeRolePolicyDocument, Created: world.Now(), Policies: map[string]string{}, Tags: tags}
	c.W.Roles[r.Name] = r
	return struct{ Role shownRole }{showRole(c, r)}, nil
}

type roleIn struct {
	RoleName string `q:",required"`
}

func getRole(c *world.Call, in roleIn) (any, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	return struct{ Role shownRole }{showRole(c, r)}, nil
}

func deleteRole(c *world.Call, in roleIn) (any, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	if len(r.Policies) > 0 {
		return nil, wire.Bad("DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	for _, p := range c.W.Profiles {
		if slices.Contains(p.Roles, r.Name) {
			return nil, wire.Bad("DeleteConflict", "Cannot delete entity, must remove roles from instance profile first.")
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	delete(c.W.Roles, r.Name)
	return struct{}{}, nil
}

// listIn asks for a part of a list; the sandbox always gives all of it.
type listIn struct {
	PathPrefix string
	Marker     string
	MaxItems   *int64
}

func listRoles(c *world.Call, _ listIn) (any, error) {
	var out struct {
		Roles       []shownRole `xml:"Roles>member"`
		IsTruncated bool
	}
	for _, r := range record.Sorted(c.W.Roles) {
		shown := showRole(c, r)
		shown.Tags = nil // as in IAM's lists
		out.Roles = append(out.Roles, shown)
	}
	return out, nil
}

type tagsOut struct {
	Tags        []pair `xml:"Tags>member"`
	IsTruncated bool
}

type roleListIn struct {
	roleIn
	Marker   string
	MaxItems *int64
}

func listRoleTags(c *world.Call, in roleListIn) (any, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	return tagsOut{Tags: pairs(r.Tags)}, nil
}

type policyIn struct {
	roleIn
	PolicyName string `q:",required"`
}

type putPolicyIn struct {
	policyIn
	PolicyDocument string `q:",required"`
}

func putPolicy(c *world.Call, in putPolicyIn) (any, error) {
	r, err := findRole(c, in.RoleName)
	if err == nil {
		err = checkName(in.PolicyName, "policyName")
	}
	if err == nil && !json.Valid([]byte(in.PolicyDocument)) {
		err = wire.Bad("MalformedPolicyDocument", "Syntax errors in policy.")
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	r.Policies[in.PolicyName] = in.PolicyDocument
	return struct{}{}, nil
}

func findPolicy(c *world.Call, in policyIn) (*record.Role, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	if _, ok := r.Policies[in.PolicyName]; !ok {
		return nil, wire.Bad("NoSuchEntity", "The role policy with name %s cannot be found.", in.PolicyName)
	}
	return r, nil
}

func getPolicy(c *world.Call, in policyIn) (any, error) {
	r, err := findPolicy(c, in)
	if err != nil {
		return nil, err
	}
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.Name, in.PolicyName, url.PathEscape(r.Policies[in.PolicyName])}, nil
}

func deletePolicy(c *world.Call, in policyIn) (any, error) {
	r, err := findPolicy(c, in)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	delete(r.Policies, in.PolicyName)
	return struct{}{}, nil
}

func listPolicies(c *world.Call, in roleListIn) (any, error) {
	r, err := findRole(c, in.RoleName)
	if err != nil {
		return nil, err
	}
	return struct {
		PolicyNames []string `xml:"PolicyNames>member"`
		IsTruncated bool
	}{PolicyNames: slices.Sorted(maps.Keys(r.Policies))}, nil
}

// listAttached lists nothing: managed policies cannot be attached here.
func listAttached(c *world.Call, in roleListIn) (any, error) {
	_, err := findRole(c, in.RoleName)
	return struct {
		AttachedPolicies []string `xml:"AttachedPolicies>member"`
		IsTruncated      bool
	}{}, err
}
