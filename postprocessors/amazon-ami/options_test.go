package amazonami

import (
	"slices"
	"strings"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		in   artifact.Artifact
		set  string
		want string
	}{
		"qemu":     {artifact.Artifact{Files: []string{"x", "x-1"}, Details: map[string]string{"disk": "x", "format": "raw"}}, "", "x raw"},
		"artifice": {artifact.Artifact{Files: []string{"a.QCOW2"}}, "", "a.QCOW2 qcow2"},
		"image":    {artifact.Artifact{Files: []string{"a.img"}}, "", "a.img raw"},
		"set":      {artifact.Artifact{Files: []string{"a.img"}}, "qcow2", "a.img qcow2"},
		"unknown":  {artifact.Artifact{Files: []string{"a"}}, "", "!set disk_format"},
		"foreign":  {artifact.Artifact{Files: []string{"a"}, Details: map[string]string{"disk": "a", "format": "vmdk"}}, "", "!set disk_format"},
		"several":  {artifact.Artifact{Title: "it", Files: []string{"a", "b"}}, "", "!it has 2 files"},
		"an AMI":   {artifact.Artifact{Title: "it"}, "", "!it has 0 files"},
	} {
		a := New(postprocessors.Env{}).(*AMI)
		a.DiskFormat = c.set
		disk, format, err := a.of(&c.in)
		if problem, fails := strings.CutPrefix(c.want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), problem) {
				t.Errorf("%s: error is %v", name, err)
			}
		} else if err != nil || disk+" "+format != c.want {
			t.Errorf("%s: %s %s, error %v", name, disk, format, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*AMI)
		want string
	}{
		"fine":        {func(*AMI) {}, ""},
		"uefi":        {func(a *AMI) { a.BootMode, a.TPMSupport, a.Architecture = "uefi", "v2.0", "arm64" }, ""},
		"no name":     {func(a *AMI) { a.AMI.AMIName = "" }, "ami_name"},
		"words":       {func(a *AMI) { a.DiskFormat, a.Architecture, a.BootMode, a.VolumeType = "vmdk", "sparc", "bios", "ssd" }, "disk_format architecture boot_mode volume_type"},
		"tpm":         {func(a *AMI) { a.TPMSupport = "v2.0" }, "tpm_support"},
		"numbers":     {func(a *AMI) { a.VolumeSize, a.UploadWorkers, a.UploadTimeout = -1, 0, 0 }, "volume_size upload_workers upload_timeout"},
		"paravirtual": {func(a *AMI) { a.AMI.AMIVirtualizationType = "paravirtual" }, "ami_virtualization_type"},
		"device":      {func(a *AMI) { a.RootDeviceName = "sda1" }, "root_device_name"},
		"parent":      {func(a *AMI) { a.ParentSnapshot, a.Delta = "snap-1", false }, "parent_snapshot"},
	} {
		a := New(postprocessors.Env{}).(*AMI)
		a.AMI.AMIName = "web"
		c.set(a)
		var got []string
		for _, p := range option.Problems(a.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, strings.Fields(c.want)) {
			t.Errorf("%s: problems with %v", name, got)
		}
		if kept, forced := a.KeepInput(); !kept || forced {
			t.Error("the disk would not be kept")
		}
	}
}
