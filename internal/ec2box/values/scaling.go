package values

import (
	"slices"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// Scaling are the actions of Auto Scaling. Groups here start nothing.
func Scaling() map[string]world.Action {
	return map[string]world.Action{
		"DescribeAutoScalingGroups": world.Do(describeGroups), "CreateAutoScalingGroup": world.Do(createGroup), "DeleteAutoScalingGroup": world.Do(deleteGroup),
		"DescribeLaunchConfigurations": world.Do(describeLaunches), "CreateLaunchConfiguration": world.Do(createLaunch), "DeleteLaunchConfiguration": world.Do(deleteLaunch),
	}
}

type templateSpec struct {
	LaunchTemplateId   string `xml:",omitempty"`
	LaunchTemplateName string `xml:",omitempty"`
	Version            string `xml:",omitempty"`
}

type createGroupIn struct {
	AutoScalingGroupName    string `q:",required"`
	LaunchConfigurationName string
	LaunchTemplate          *templateSpec
	MinSize                 *int64 `q:",required"`
	MaxSize                 *int64 `q:",required"`
	DesiredCapacity         int64
	AvailabilityZones       []string
	VPCZoneIdentifier       string
}

func createGroup(c *world.Call, in createGroupIn) (any, error) {
	g := &record.ScalingGroup{Name: in.AutoScalingGroupName, Launch: in.LaunchConfigurationName}
	switch {
	case c.Scaling[g.Name] != nil:
		return nil, wire.Bad("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name %s already exists", g.Name)
	case *in.MinSize != 0 || in.DesiredCapacity != 0:
		return nil, wire.Unsupported("Auto Scaling groups with instances")
	case g.Launch != "" && c.Launches[g.Launch] == nil:
		return nil, wire.Bad("ValidationError", "Launch configuration name not found - %s", g.Launch)
	case g.Launch == "" && in.LaunchTemplate == nil:
		return nil, wire.Bad("ValidationError", "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
	}
	if t := in.LaunchTemplate; t != nil {
		found, _, err := launch.TemplateRef{LaunchTemplateId: t.LaunchTemplateId, LaunchTemplateName: t.LaunchTemplateName, Version: t.Version}.Find(c)
		if err != nil {
			return nil, err
		}
		g.TemplateID, g.TemplateVersion = found.ID, t.Version
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	c.Scaling[g.Name] = g
	return struct{}{}, nil
}

type groupIn struct {
	AutoScalingGroupName string `q:",required"`
	ForceDelete          bool
}

func deleteGroup(c *world.Call, in groupIn) (any, error) {
	if c.Scaling[in.AutoScalingGroupName] == nil {
		return nil, wire.Bad("ValidationError", "AutoScalingGroup name not found - AutoScalingGroup '%s' not found", in.AutoScalingGroupName)
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	delete(c.Scaling, in.AutoScalingGroupName)
	return struct{}{}, nil
}

type describeGroupsIn struct {
	AutoScalingGroupNames []string
	NextToken             string
	MaxRecords            *int64
}

// group is an Auto Scaling group as it is shown.
type group struct {
	AutoScalingGroupName    string
	LaunchConfigurationName string `xml:",omitempty"`
	LaunchTemplate          *templateSpec
	MinSize                 int64
	MaxSize                 int64
	DesiredCapacity         int64
}

func describeGroups(c *world.Call, in describeGroupsIn) (any, error) {
	var all []group
	for _, g := range record.Sorted(c.Scaling) {
		if len(in.AutoScalingGroupNames) > 0 && !slices.Contains(in.AutoScalingGroupNames, g.Name) {
			continue
		}
		shown := group{AutoScalingGroupName: g.Name, LaunchConfigurationName: g.Launch, MaxSize: 1}
		if t := c.Templates[g.TemplateID]; t != nil {
			shown.LaunchTemplate = &templateSpec{t.ID, t.Name, g.TemplateVersion}
		}
		all = append(all, shown)
	}
	page, next, err := wire.Cut(all, wire.Page{MaxResults: in.MaxRecords, NextToken: in.NextToken}, 1, 100, "")
	return struct {
		AutoScalingGroups []group `xml:"AutoScalingGroups>member"`
		NextToken         string  `xml:",omitempty"`
	}{page, next}, err
}

type launchIn struct {
	LaunchConfigurationName string `q:",required"`
	ImageId                 string
	InstanceType            string
}

func createLaunch(c *world.Call, in launchIn) (any, error) {
	if c.Launches[in.LaunchConfigurationName] != nil {
		return nil, wire.Bad("AlreadyExists", "Launch Configuration by this name already exists - A launch configuration already exists with the name %s", in.LaunchConfigurationName)
	}
	if in.ImageId == "" || in.InstanceType == "" {
		return nil, wire.Bad("ValidationError", "Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.")
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	c.Launches[in.LaunchConfigurationName] = &record.LaunchConfiguration{Name: in.LaunchConfigurationName, Image: in.ImageId}
	return struct{}{}, nil
}

type launchNameIn struct {
	LaunchConfigurationName string `q:",required"`
}

func deleteLaunch(c *world.Call, in launchNameIn) (any, error) {
	if c.Launches[in.LaunchConfigurationName] == nil {
		return nil, wire.Bad("ValidationError", "Launch configuration name not found - Launch configuration %s not found", in.LaunchConfigurationName)
	}
	for _, g := range c.Scaling {
		if g.Launch == in.LaunchConfigurationName {
			return nil, wire.Bad("ResourceInUse", "Cannot delete launch configuration %s because it is attached to AutoScalingGroup %s", g.Launch, g.Name)
		}
	}
	if err := c.Commit(); err != nil {
		return nil, err
	}
	delete(c.Launches, in.LaunchConfigurationName)
	return struct{}{}, nil
}

type describeLaunchesIn struct {
	LaunchConfigurationNames []string
	NextToken                string
	MaxRecords               *int64
}

func describeLaunches(c *world.Call, in describeLaunchesIn) (any, error) {
	type configuration struct{ LaunchConfigurationName, ImageId string }
	var all []configuration
	for _, l := range record.Sorted(c.Launches) {
		if len(in.LaunchConfigurationNames) == 0 || slices.Contains(in.LaunchConfigurationNames, l.Name) {
			all = append(all, configuration{l.Name, l.Image})
		}
	}
	page, next, err := wire.Cut(all, wire.Page{MaxResults: in.MaxRecords, NextToken: in.NextToken}, 1, 100, "")
	return struct {
		LaunchConfigurations []configuration `xml:"LaunchConfigurations>member"`
		NextToken            string          `xml:",omitempty"`
	}{page, next}, err
}
