package spot

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/builders/ebs/device"
	"github.com/ovenbird-io/ovenbird/builders/ebs/instance"
	"github.com/ovenbird-io/ovenbird/builders/ebs/network"
)

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"none", Options{}, ""},
		{"none, either", Options{Price: "0"}, ""},
		{"auto", Options{Price: "auto", Types: []string{"t3.small"}, Tags: map[string]string{"a": "b"}, AllocationStrategy: "lowest-price"}, ""},
		{"a price", Options{Price: "0.05"}, ""},
		{"no price", Options{Price: "cheap"}, "spot_price: "},
		{"tags of nothing", Options{Tags: map[string]string{"a": "b"}}, "spot_tags: "},
		{"types of nothing", Options{Types: []string{"t3.small"}}, "spot_instance_types: "},
		{"a strategy", Options{Price: "auto", AllocationStrategy: "luck"}, "spot_allocation_strategy: "},
		{"a block", Options{BlockDurationMinutes: 61}, "block_duration_minutes: "},
	} {
		err := c.o.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

// TestTemplate has every kind of disk in a launch template.
func TestTemplate(t *testing.T) {
	yes := true
	disks := device.Options{Launch: []device.Mapping{
		{DeviceName: "/dev/sda1", VolumeSize: 9},
		{DeviceName: "/dev/sdb", VirtualName: "ephemeral0"},
		{DeviceName: "/dev/sdc", NoDevice: true},
	}}
	o := instance.Options{LicenseSpecifications: []instance.License{{Request: &instance.LicenseRequest{ARN: "arn"}}}}
	l := instance.Launch{Image: "ami-1", Profile: "p", Public: &yes, Groups: []string{"sg-1"}, Devices: disks.ToLaunch(), Tags: map[string]string{"a": "b"}}
	in, err := o.Input(l, "t3.small", network.Place{Subnet: "subnet-1", Zone: "z"})
	if err != nil {
		t.Fatal(err)
	}
	got := templateOf(in)
	d := got.BlockDeviceMappings
	if len(d) != 3 || *d[0].Ebs.VolumeSize != 9 || d[1].Ebs != nil || *d[1].VirtualName != "ephemeral0" || d[2].NoDevice == nil {
		t.Errorf("disks %+v", d)
	}
	if got.MetadataOptions.HttpTokens != "required" || *got.IamInstanceProfile.Name != "p" || *got.LicenseSpecifications[0].LicenseConfigurationArn != "arn" {
		t.Errorf("got %+v", got)
	}
	if n := got.NetworkInterfaces[0]; n.SubnetId != nil || !*n.AssociatePublicIpAddress || n.Groups[0] != "sg-1" || got.Placement.AvailabilityZone != nil {
		t.Errorf("the fleet chooses the subnet: %+v", n)
	}
	if len(got.TagSpecifications) != 2 {
		t.Errorf("tags %+v", got.TagSpecifications)
	}
}

func TestOverrides(t *testing.T) {
	o := Options{AllocationStrategy: "capacity-optimized-prioritized"}
	got := o.overrides([]string{"a", "b"}, []network.Place{{Subnet: "s", Zone: "z"}, {Zone: "z"}, {}})
	if len(got) != 6 || got[3].InstanceType != "b" || *got[0].SubnetId != "s" || got[0].AvailabilityZone != nil || *got[1].AvailabilityZone != "z" || *got[5].Priority != 5 {
		t.Errorf("got %+v", got)
	}
}

func TestRefused(t *testing.T) {
	err := refused([]types.CreateFleetError{{ErrorCode: aws.String("InsufficientInstanceCapacity"), ErrorMessage: aws.String("none left")}})
	if !instance.Full(err) || !strings.Contains(err.Error(), "none left") {
		t.Errorf("got %v", err)
	}
	if refused(nil) == nil {
		t.Error("no instance and no error")
	}
}
