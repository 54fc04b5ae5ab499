// Package spot is the sandbox's launch templates, fleets and spot prices.
package spot

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Actions are what the package answers.
func Actions() map[string]world.Action {
	return map[string]world.Action{
		"CreateLaunchTemplate": world.Do(createTemplate), "DeleteLaunchTemplate": world.Do(deleteTemplate), "DescribeLaunchTemplates": world.Do(describeTemplates),
		"CreateLaunchTemplateVersion": world.Do(createVersion), "DescribeLaunchTemplateVersions": world.Do(describeVersions),
		"CreateFleet": world.Do(createFleet), "DeleteFleets": world.Do(deleteFleets), "DescribeFleets": world.Do(describeFleets),
		"DescribeSpotPriceHistory": world.Do(describePrices),
	}
}

type createTemplateIn struct {
	ClientToken        string
	LaunchTemplateName string `q:",required"`
	VersionDescription string
	LaunchTemplateData *launch.Request `q:",required"`
	TagSpecification   []world.TagSpec
}

type oneTemplate struct {
	Template *record.Template `xml:"launchTemplate"`
}

func createTemplate(c *world.Call, in createTemplateIn) (any, error) {
	if !regexp.MustCompile(`^[a-zA-Z0-9().\-/_]{3,128}$`).MatchString(in.LaunchTemplateName) {
		return nil, wire.Bad("InvalidLaunchTemplateName.MalformedException", "A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _.")
	}
	for _, t := range c.Templates {
		if t.Name == in.LaunchTemplateName {
			return nil, wire.Bad("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.")
		}
	}
	tags, err := world.TagsFor(in.TagSpecification, "launch-template")
	if err == nil {
		err = in.LaunchTemplateData.Check()
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(in.LaunchTemplateData)
	if err != nil {
		return nil, err
	}
	t := &record.Template{
		ID: world.NewID("lt"), Name: in.LaunchTemplateName, Created: world.Now(), By: c.Caller, Default: 1, Latest: 1,
		Tags: tags["launch-template"], Versions: []json.RawMessage{raw},
	}
	c.Templates[t.ID] = t
	return oneTemplate{t}, nil
}

type templateRef struct{ LaunchTemplateId, LaunchTemplateName string }

func deleteTemplate(c *world.Call, in templateRef) (any, error) {
	t, err := launch.FindTemplate(c, in.LaunchTemplateId, in.LaunchTemplateName)
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	delete(c.Templates, t.ID)
	return oneTemplate{t}, nil
}

type describeTemplatesIn struct {
	wire.Page
	LaunchTemplateId   []string
	LaunchTemplateName []string
	Filter             []wire.Filter
}

func describeTemplates(c *world.Call, in describeTemplatesIn) (any, error) {
	all, err := world.FindAll(c.Templates, world.Templates, in.LaunchTemplateId)
	if err != nil {
		return nil, err
	}
	if len(in.LaunchTemplateName) > 0 {
		all = nil
		for _, name := range in.LaunchTemplateName {
			t, err := launch.FindTemplate(c, "", name)
			if err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	all, err = wire.Select(all, in.Filter, wire.Fields[record.Template]{
		"launch-template-name": wire.One(func(t *record.Template) string { return t.Name }), "create-time": wire.One(func(t *record.Template) string { return t.Created }),
	}, func(t *record.Template) []record.Tag { return t.Tags })
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 1, 200, "")
	return struct {
		Templates []*record.Template `xml:"launchTemplates>item"`
		Next      string             `xml:"nextToken,omitempty"`
	}{page, next}, err
}

type createVersionIn struct {
	templateRef
	ClientToken        string
	SourceVersion      string
	VersionDescription string
	LaunchTemplateData *launch.Request `q:",required"`
}

func createVersion(c *world.Call, in createVersionIn) (any, error) {
	t, err := launch.FindTemplate(c, in.LaunchTemplateId, in.LaunchTemplateName)
	if err != nil {
		return nil, err
	}
	data := *in.LaunchTemplateData
	if in.SourceVersion != "" {
		_, base, err := launch.TemplateRef{LaunchTemplateId: t.ID, Version: in.SourceVersion}.Find(c)
		if err != nil {
			return nil, err
		}
		data = data.Over(base)
	}
	if err := data.Check(); err != nil {
		return nil, err
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	t.Versions, t.Latest = append(t.Versions, raw), t.Latest+1
	shown, err := show(t, t.Latest)
	return struct {
		Version version `xml:"launchTemplateVersion"`
	}{shown}, err
}

// version is a version of a template as it is shown.
type version struct {
	ID      string `xml:"launchTemplateId"`
	Name    string `xml:"launchTemplateName"`
	Number  int64  `xml:"versionNumber"`
	Default bool   `xml:"defaultVersion"`
	Created string `xml:"createTime"`
	By      string `xml:"createdBy"`
	Data    struct {
		Image    string           `xml:"imageId,omitempty"`
		Type     string           `xml:"instanceType,omitempty"`
		Key      string           `xml:"keyName,omitempty"`
		UserData string           `xml:"userData,omitempty"`
		Groups   []string         `xml:"securityGroupIdSet>item"`
		Devices  []record.Mapping `xml:"blockDeviceMappingSet>item"`
	} `xml:"launchTemplateData"`
}

func show(t *record.Template, number int64) (version, error) {
	v := version{ID: t.ID, Name: t.Name, Number: number, Default: number == t.Default, Created: t.Created, By: t.By}
	var q launch.Request
	err := json.Unmarshal(t.Versions[number-1], &q)
	v.Data.Image, v.Data.Type, v.Data.Key, v.Data.UserData, v.Data.Groups, v.Data.Devices = q.ImageId, q.InstanceType, q.KeyName, q.UserData, q.SecurityGroupId, q.BlockDeviceMapping
	return v, err
}

type describeVersionsIn struct {
	wire.Page
	templateRef
	LaunchTemplateVersion []string
	MinVersion            string
	MaxVersion            string
	Filter                []wire.Filter
}

// describeVersions shows versions of a template or, for $Latest and $Default,
// of all.
func describeVersions(c *world.Call, in describeVersionsIn) (any, error) {
	templates := record.Sorted(c.Templates)
	if in.LaunchTemplateId != "" || in.LaunchTemplateName != "" {
		t, err := launch.FindTemplate(c, in.LaunchTemplateId, in.LaunchTemplateName)
		if err != nil {
			return nil, err
		}
		templates = []*record.Template{t}
	} else if len(in.LaunchTemplateVersion) == 0 {
		return nil, wire.Missing("LaunchTemplateId or LaunchTemplateName")
	}
	var all []*version
	for _, t := range templates {
		for n := range t.Versions {
			number := int64(n + 1)
			if !wanted(t, number, in) {
				continue
			}
			v, err := show(t, number)
			if err != nil {
				return nil, err
			}
			all = append(all, &v)
		}
	}
	all, err := wire.Select(all, in.Filter, wire.Fields[version]{
		"image-id": wire.One(func(v *version) string { return v.Data.Image }), "instance-type": wire.One(func(v *version) string { return v.Data.Type }),
		"is-default-version": wire.One(func(v *version) string { return fmt.Sprint(v.Default) }),
	}, nil)
	if err != nil {
		return nil, err
	}
	page, next, err := wire.Cut(all, in.Page, 1, 200, "")
	return struct {
		Versions []*version `xml:"launchTemplateVersionSet>item"`
		Next     string     `xml:"nextToken,omitempty"`
	}{page, next}, err
}

func wanted(t *record.Template, number int64, in describeVersionsIn) bool {
	low, _ := strconv.ParseInt(in.MinVersion, 10, 64) // "" is 0
	high, err := strconv.ParseInt(in.MaxVersion, 10, 64)
	if err != nil {
		high = number
	}
	return number >= low && number <= high && (len(in.LaunchTemplateVersion) == 0 || slices.ContainsFunc(in.LaunchTemplateVersion, func(v string) bool {
		return v == strconv.FormatInt(number, 10) || v == "$Latest" && number == t.Latest || v == "$Default" && number == t.Default
	}))
}
