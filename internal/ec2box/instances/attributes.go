package instances

import (
	"slices"
	"strconv"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/launch"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/record"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

type (
	text struct {
		Value string `xml:"value"`
	}
	flag struct {
		Value bool `xml:"value"`
	}
)

type modifyIn struct {
	InstanceId                        string `q:",required"`
	Attribute                         string
	Value                             *string
	EnaSupport                        *flag
	SriovNetSupport                   *text
	DisableApiTermination             *flag
	DisableApiStop                    *flag
	SourceDestCheck                   *flag
	EbsOptimized                      *flag
	InstanceType                      *text
	InstanceInitiatedShutdownBehavior *text
	UserData                          *text
	GroupId                           []string
	BlockDeviceMapping                []struct {
		DeviceName string `q:",required"`
		Ebs        struct {
			VolumeId            string
			DeleteOnTermination *bool
		}
	}
}

// named takes an attribute that is given by its name.
func (in *modifyIn) named() error {
	if in.Value == nil {
		return nil
	}
	on, err := strconv.ParseBool(*in.Value)
	flags := map[string]**flag{
		"disableApiTermination": &in.DisableApiTermination, "disableApiStop": &in.DisableApiStop, "sourceDestCheck": &in.SourceDestCheck,
		"enaSupport": &in.EnaSupport, "ebsOptimized": &in.EbsOptimized,
	}
	texts := map[string]**text{
		"sriovNetSupport": &in.SriovNetSupport, "instanceType": &in.InstanceType, "instanceInitiatedShutdownBehavior": &in.InstanceInitiatedShutdownBehavior,
		"userData": &in.UserData,
	}
	switch {
	case flags[in.Attribute] != nil && err != nil:
		return wire.Invalid(*in.Value, in.Attribute, "It must be true or false.")
	case flags[in.Attribute] != nil:
		*flags[in.Attribute] = &flag{on}
	case texts[in.Attribute] != nil:
		*texts[in.Attribute] = &text{*in.Value}
	default:
		return wire.Invalid(in.Attribute, "attribute", "The sandbox does not know it.")
	}
	return nil
}

func modify(c *world.Call, in modifyIn) (any, error) {
	i, err := world.Find(c.Instances, world.Instances, in.InstanceId)
	if err == nil {
		err = in.named()
	}
	if err != nil {
		return nil, err
	}
	changed := *i
	changed.Devices = slices.Clone(i.Devices)
	count := 0
	set := func(given, off bool, do func() error) {
		if !given || err != nil {
			return
		}
		count++
		if off && !i.Is("stopped") {
			err = wire.Bad("IncorrectInstanceState", "The instance '%s' is not in the 'stopped' state.", i.ID)
			return
		}
		err = do()
	}
	set(in.EnaSupport != nil, true, func() error { changed.ENA = in.EnaSupport.Value; return nil })
	set(in.SriovNetSupport != nil, true, func() error {
		changed.SRIOV = in.SriovNetSupport.Value
		return oneOf("sriovNetSupport", changed.SRIOV, "simple")
	})
	set(in.InstanceType != nil, true, func() error {
		changed.Type = in.InstanceType.Value
		_, err := launch.TypeOf(changed.Type)
		return err
	})
	set(in.UserData != nil, true, func() error {
		changed.UserData = in.UserData.Value
		return launch.Request{UserData: changed.UserData}.Check()
	})
	set(in.EbsOptimized != nil, true, func() error { changed.EBSOptimized = in.EbsOptimized.Value; return nil })
	set(in.DisableApiTermination != nil, false, func() error { changed.NoTerminate = in.DisableApiTermination.Value; return nil })
	set(in.DisableApiStop != nil, false, func() error { changed.NoStop = in.DisableApiStop.Value; return nil })
	set(in.SourceDestCheck != nil, false, func() error { changed.SourceCheck = in.SourceDestCheck.Value; return nil })
	set(in.InstanceInitiatedShutdownBehavior != nil, false, func() error {
		changed.Shutdown = in.InstanceInitiatedShutdownBehavior.Value
		return oneOf("instanceInitiatedShutdownBehavior", changed.Shutdown, "stop", "terminate")
	})
	set(len(in.GroupId) > 0, false, func() error { return regroup(c, &changed, in.GroupId) })
	set(len(in.BlockDeviceMapping) > 0, false, func() error { return remap(&changed, in) })
	if err == nil && count != 1 {
		err = wire.Bad("InvalidParameterCombination", "Fields for %d attribute types specified, not for one", count)
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	*i = changed
	return wire.Return{Return: true}, nil
}

func oneOf(name, value string, known ...string) error {
	if slices.Contains(known, value) {
		return nil
	}
	return wire.Invalid(value, name, "Known are %v.", known)
}

func regroup(c *world.Call, i *record.Instance, ids []string) error {
	groups, err := launch.GroupsOf(c, i, ids)
	if err != nil {
		return err
	}
	i.Groups = groups
	i.Interfaces = slices.Clone(i.Interfaces)
	for n := range i.Interfaces {
		i.Interfaces[n].Groups = i.Groups
	}
	return nil
}

func remap(i *record.Instance, in modifyIn) error {
	for _, m := range in.BlockDeviceMapping {
		n := slices.IndexFunc(i.Devices, func(d record.Device) bool { return d.Name == m.DeviceName })
		if n < 0 {
			return wire.Bad("InvalidInstanceAttributeValue", "No device is currently mapped at %s", m.DeviceName)
		}
		if m.Ebs.DeleteOnTermination != nil {
			i.Devices[n].Ebs.Delete = *m.Ebs.DeleteOnTermination
		}
	}
	return nil
}

type attributeIn struct {
	InstanceId string `q:",required"`
	Attribute  string `q:",required"`
}

func describeAttribute(c *world.Call, in attributeIn) (any, error) {
	i, err := world.Find(c.Instances, world.Instances, in.InstanceId)
	if err != nil {
		return nil, err
	}
	out := struct {
		ID          string             `xml:"instanceId"`
		ENA         *flag              `xml:"enaSupport"`
		Terminate   *flag              `xml:"disableApiTermination"`
		Stop        *flag              `xml:"disableApiStop"`
		SourceCheck *flag              `xml:"sourceDestCheck"`
		Optimized   *flag              `xml:"ebsOptimized"`
		SRIOV       *text              `xml:"sriovNetSupport"`
		Type        *text              `xml:"instanceType"`
		Shutdown    *text              `xml:"instanceInitiatedShutdownBehavior"`
		UserData    *text              `xml:"userData"`
		Root        *text              `xml:"rootDeviceName"`
		Devices     []record.Device    `xml:"blockDeviceMapping>item"`
		Groups      []record.GroupName `xml:"groupSet>item"`
	}{ID: i.ID}
	switch in.Attribute {
	case "enaSupport":
		out.ENA = &flag{i.ENA}
	case "disableApiTermination":
		out.Terminate = &flag{i.NoTerminate}
	case "disableApiStop":
		out.Stop = &flag{i.NoStop}
	case "sourceDestCheck":
		out.SourceCheck = &flag{i.SourceCheck}
	case "ebsOptimized":
		out.Optimized = &flag{i.EBSOptimized}
	case "sriovNetSupport":
		out.SRIOV = &text{i.SRIOV}
	case "instanceType":
		out.Type = &text{i.Type}
	case "instanceInitiatedShutdownBehavior":
		out.Shutdown = &text{i.Shutdown}
	case "userData":
		out.UserData = &text{i.UserData}
	case "rootDeviceName":
		out.Root = &text{i.RootDevice}
	case "blockDeviceMapping":
		out.Devices = i.Devices
	case "groupSet":
		out.Groups = i.Groups
	default:
		return nil, wire.Invalid(in.Attribute, "attribute", "The sandbox does not know it.")
	}
	return out, nil
}

type metadataIn struct {
	InstanceId string `q:",required"`
	launch.MetadataWish
}

func modifyMetadata(c *world.Call, in metadataIn) (any, error) {
	i, err := world.Find(c.Instances, world.Instances, in.InstanceId)
	if err == nil {
		err = launch.Request{MetadataOptions: &in.MetadataWish}.Check()
	}
	if err == nil {
		err = c.Commit()
	}
	if err != nil {
		return nil, err
	}
	in.Over(&i.Metadata)
	return struct {
		ID       string          `xml:"instanceId"`
		Metadata record.Metadata `xml:"instanceMetadataOptions"`
	}{i.ID, i.Metadata}, nil
}
