package device

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

func blamed(err error) []string {
	var got []string
	for _, p := range option.Problems(err) {
		got = append(got, p.Option)
	}
	return got
}

func TestValidate(t *testing.T) {
	yes := true
	for _, c := range []struct {
		name string
		m    Mapping
		want []string
	}{
		{"plain", Mapping{DeviceName: "/dev/sda1", VolumeSize: 8, VolumeType: "gp3", IOPS: aws.Int32(3000), Throughput: aws.Int32(125)}, nil},
		{"an instance store", Mapping{DeviceName: "/dev/sdb", VirtualName: "ephemeral0"}, nil},
		{"no name", Mapping{}, []string{"launch_block_device_mappings.device_name"}},
		{"no instance store", Mapping{DeviceName: "a", VirtualName: "ephemeral24"}, []string{"launch_block_device_mappings.virtual_name"}},
		{"a key alone", Mapping{DeviceName: "a", KMSKeyID: "k"}, []string{"launch_block_device_mappings.kms_key_id"}},
		{"a key", Mapping{DeviceName: "a", KMSKeyID: "k", Encrypted: &yes}, nil},
		{"no type", Mapping{DeviceName: "a", VolumeType: "gp4"}, []string{"launch_block_device_mappings.volume_type"}},
		{"iops of gp2", Mapping{DeviceName: "a", VolumeType: "gp2", IOPS: aws.Int32(3000)}, []string{"launch_block_device_mappings.iops"}},
		{"too few", Mapping{DeviceName: "a", VolumeType: "gp3", IOPS: aws.Int32(100)}, []string{"launch_block_device_mappings.iops"}},
		{"too many for its size", Mapping{DeviceName: "a", VolumeType: "io1", VolumeSize: 10, IOPS: aws.Int32(501)}, []string{"launch_block_device_mappings.iops"}},
		{"throughput of io1", Mapping{DeviceName: "a", VolumeType: "io1", Throughput: aws.Int32(125)}, []string{"launch_block_device_mappings.throughput"}},
		{"too much", Mapping{DeviceName: "a", VolumeType: "gp3", Throughput: aws.Int32(9000)}, []string{"launch_block_device_mappings.throughput"}},
		{"a negative size", Mapping{DeviceName: "a", VolumeSize: -1}, []string{"launch_block_device_mappings.volume_size"}},
	} {
		o := Options{Launch: []Mapping{c.m}}
		if got := blamed(o.Validate()); !slices.Equal(got, c.want) {
			t.Errorf("%s: blamed %v, want %v", c.name, got, c.want)
		}
	}
	if got := blamed((&Options{Image: []Mapping{{}}}).Validate()); !slices.Equal(got, []string{"ami_block_device_mappings.device_name"}) {
		t.Errorf("blamed %v", got)
	}
}

func TestToEC2(t *testing.T) {
	all := []Mapping{
		{DeviceName: "/dev/sda1", VolumeSize: 8, VolumeType: "gp3"},
		{DeviceName: "/dev/sdb", VirtualName: "ephemeral0"},
		{DeviceName: "/dev/sdc", NoDevice: true},
		{DeviceName: "/dev/sdd", SnapshotID: "snap-1", Encrypted: aws.Bool(true), KMSKeyID: "k"},
	}
	o := Options{Launch: all, Image: all}
	launch, image := o.ToLaunch(), o.ToImage()
	if len(launch) != 4 || len(image) != 4 {
		t.Fatalf("%d and %d disks", len(launch), len(image))
	}
	if !*launch[0].Ebs.DeleteOnTermination || *image[0].Ebs.DeleteOnTermination {
		t.Error("the volumes of the build must go with the instance, those of the AMI as the template says")
	}
	if launch[1].Ebs != nil || *launch[1].VirtualName != "ephemeral0" || launch[2].Ebs != nil || launch[2].NoDevice == nil {
		t.Errorf("got %+v and %+v", launch[1], launch[2])
	}
	if e := launch[3].Ebs; *e.SnapshotId != "snap-1" || *e.KmsKeyId != "k" || !*e.Encrypted || e.VolumeSize != nil {
		t.Errorf("got %+v", e)
	}
	kept := Options{Launch: []Mapping{{DeviceName: "/dev/sda1", DeleteOnTermination: aws.Bool(false)}, {DeviceName: "/dev/sdb"}}}
	if got := kept.ToImage(); len(got) != 1 || *got[0].DeviceName != "/dev/sda1" || *got[0].Ebs.DeleteOnTermination || !*kept.ToLaunch()[0].Ebs.DeleteOnTermination {
		t.Errorf("what the template keeps: %+v", got)
	}
	o.NoEphemeral = true
	if got := o.ToImage(); len(got) != 30 || *got[4].DeviceName != "xvdca" || *got[29].DeviceName != "xvdcz" {
		t.Errorf("%d disks", len(got))
	}
}
