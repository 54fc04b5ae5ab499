// Package amazonami is the post-processor that makes an AMI of a disk image,
// with no instance and no bucket.
package amazonami

import (
	"errors"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/amazon/access"
	"github.com/ovenbird-io/ovenbird/internal/amazon/ami"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/postprocessors"
)

// builderID names the artifacts of this post-processor.
const builderID = "ovenbird.post-processor.amazon-ami"

// AMI makes an AMI of the artifact's disk, qcow2 or raw. Blocks of 512 KiB that
// are not zero go straight into an EBS snapshot, which is registered; no
// instance, bucket, role, key pair or security group is needed. Of a template
// that has made an AMI before, only the blocks that changed are sent. An upload
// that is interrupted goes on when the same disk is built or uploaded again
// within four hours.
type AMI struct {
	Access access.Options `hcl:",remain"`
	// ena_support is true and imds_support "v2.0" by default here.
	AMI ami.Options `hcl:",remain"`

	// The format of the disk, "qcow2" or "raw", where the artifact does not
	// tell, as after artifice. Default: the artifact's, or by the file's
	// extension.
	DiskFormat string `hcl:"disk_format,optional"`
	// Architecture of the AMI: "x86_64", "arm64", "i386", "x86_64_mac" or
	// "arm64_mac". Default "x86_64".
	Architecture string `hcl:"architecture,optional"`
	// How instances boot: "legacy-bios", "uefi" or "uefi-preferred". Default
	// EC2's: "legacy-bios", and "uefi" for arm64.
	BootMode string `hcl:"boot_mode,optional"`
	// "v2.0" gives instances a TPM; it needs boot_mode = "uefi". Default none.
	TPMSupport string `hcl:"tpm_support,optional"`
	// What the AMI calls its root device. Default "/dev/xvda".
	RootDeviceName string `hcl:"root_device_name,optional"`
	// Size of the root volume in GiB, at least that of the disk. Default that
	// of the disk.
	VolumeSize int64 `hcl:"volume_size,optional"`
	// Type of the root volume of instances: "gp3", "gp2", "io1", "io2", "st1",
	// "sc1" or "standard". Default "gp3".
	VolumeType string `hcl:"volume_type,optional"`

	// false sends the whole disk, not only what changed since the AMI that the
	// template made before. Default true.
	Delta bool `hcl:"delta,optional"`
	// The snapshot to send only the changes to. Default that of the latest AMI
	// of the template.
	ParentSnapshot string `hcl:"parent_snapshot,optional"`
	// Makes no AMI when the disk is just that of the latest AMI of the template,
	// which becomes the artifact. Default false.
	SkipUnchanged bool `hcl:"skip_unchanged,optional"`
	// How many blocks are sent at once, 1 to 256. Default 32.
	UploadWorkers int `hcl:"upload_workers,optional"`
	// How long the upload may take. Default "12h".
	UploadTimeout time.Duration `hcl:"upload_timeout,optional"`
	// How long EC2 may take to complete the snapshot. Default "1h".
	SnapshotTimeout time.Duration `hcl:"snapshot_timeout,optional"`
	// How long what is not finished may exist at most; gc removes it then.
	// Default "24h".
	ExpiresAfter time.Duration `hcl:"expires_after,optional"`

	env postprocessors.Env
}

// New makes the post-processor with its defaults.
func New(env postprocessors.Env) postprocessors.PostProcessor {
	options := ami.Defaults()
	options.IMDSSupport = "v2.0"
	return &AMI{
		AMI: options, Architecture: "x86_64", RootDeviceName: "/dev/xvda", VolumeType: "gp3", Delta: true,
		UploadWorkers: 32, UploadTimeout: 12 * time.Hour, SnapshotTimeout: time.Hour, ExpiresAfter: 24 * time.Hour, env: env,
	}
}

// KeepInput tells that the disk stays unless the template says otherwise.
func (a *AMI) KeepInput() (byDefault, forced bool) { return true, false }

// Validate reports bad options.
func (a *AMI) Validate() error {
	errs := []error{
		a.Access.Validate(), a.AMI.Validate(),
		option.OneOf("disk_format", a.DiskFormat, "", "qcow2", "raw"),
		option.OneOf("architecture", a.Architecture, "x86_64", "arm64", "i386", "x86_64_mac", "arm64_mac"),
		option.OneOf("boot_mode", a.BootMode, "", "legacy-bios", "uefi", "uefi-preferred"),
		option.OneOf("tpm_support", a.TPMSupport, "", "v2.0"),
		option.OneOf("volume_type", a.VolumeType, "gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"),
	}
	if a.TPMSupport != "" && a.BootMode != "uefi" {
		errs = append(errs, option.Bad("tpm_support", "It needs boot_mode = \"uefi\"."))
	}
	if a.AMI.AMIVirtualizationType == "paravirtual" {
		errs = append(errs, option.Bad("ami_virtualization_type", "A disk becomes an AMI of \"hvm\" only."))
	}
	if !strings.HasPrefix(a.RootDeviceName, "/dev/") {
		errs = append(errs, option.Bad("root_device_name", "%q is no device; write \"/dev/xvda\" or \"/dev/sda1\".", a.RootDeviceName))
	}
	if a.VolumeSize < 0 || a.VolumeSize > 65536 {
		errs = append(errs, option.Bad("volume_size", "%d GiB cannot be; EBS has 1 to 65536.", a.VolumeSize))
	}
	if a.ParentSnapshot != "" && !a.Delta {
		errs = append(errs, option.Bad("parent_snapshot", "It does nothing with delta = false."))
	}
	if a.SkipUnchanged && (!a.Delta || a.ParentSnapshot != "") {
		errs = append(errs, option.Bad("skip_unchanged", "It needs delta = true and no parent_snapshot."))
	}
	if a.UploadWorkers < 1 || a.UploadWorkers > 256 {
		errs = append(errs, option.Bad("upload_workers", "It must be 1 to 256."))
	}
	for _, d := range []struct {
		name string
		is   time.Duration
	}{{"upload_timeout", a.UploadTimeout}, {"snapshot_timeout", a.SnapshotTimeout}, {"expires_after", a.ExpiresAfter}} {
		if d.is <= 0 {
			errs = append(errs, option.Bad(d.name, "It must be more than nothing."))
		}
	}
	return errors.Join(errs...)
}
