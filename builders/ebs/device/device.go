// Package device has the disks of an instance and of the AMI made of it.
package device

import (
	"errors"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Mapping is a disk of an instance or of an AMI.
type Mapping struct {
	// Name of the device, such as "/dev/sda1". Required.
	DeviceName string `hcl:"device_name,optional"`
	// Size in GiB. Default the snapshot's.
	VolumeSize int32 `hcl:"volume_size,optional"`
	// Kind of volume: "gp3", "gp2", "io1", "io2", "st1", "sc1" or "standard".
	// Default EC2's.
	VolumeType string `hcl:"volume_type,optional"`
	// I/O operations a second of an "io1", "io2" or "gp3" volume. Default EC2's.
	IOPS *int32 `hcl:"iops,optional"`
	// MiB a second of a "gp3" volume, 125 to 1000. Default EC2's.
	Throughput *int32 `hcl:"throughput,optional"`
	// Deletes the volume with its instance. Default true for disks of the
	// instance, false in ami_block_device_mappings. Of the instance of the build
	// no volume stays in any case; the AMI has what is written.
	DeleteOnTermination *bool `hcl:"delete_on_termination,optional"`
	// Encrypts the volume. Default as the account or the snapshot has it.
	Encrypted *bool `hcl:"encrypted,optional"`
	// KMS key to encrypt with; needs encrypted = true. Default the account's own.
	KMSKeyID string `hcl:"kms_key_id,optional"`
	// Snapshot that the volume is made of. Default none.
	SnapshotID string `hcl:"snapshot_id,optional"`
	// Name of an instance store, such as "ephemeral0", instead of a volume.
	VirtualName string `hcl:"virtual_name,optional"`
	// Leaves out the device that the source AMI maps. Default false.
	NoDevice bool `hcl:"no_device,optional"`
}

// Options are the disks of the build; the builder embeds them.
type Options struct {
	// Disks of the instance, beside or instead of the source AMI's.
	Launch []Mapping `hcl:"launch_block_device_mappings,block"`
	// Disks of the AMI, beside or instead of the instance's.
	Image []Mapping `hcl:"ami_block_device_mappings,block"`
	// Leaves out the instance stores that AMIs of old map. Default false.
	NoEphemeral bool `hcl:"no_ephemeral,optional"`
}

// Validate reports every disk that EC2 would refuse.
func (o *Options) Validate() error {
	var errs []error
	for _, m := range o.Launch {
		errs = append(errs, m.validate("launch_block_device_mappings"))
	}
	for _, m := range o.Image {
		errs = append(errs, m.validate("ami_block_device_mappings"))
	}
	return errors.Join(errs...)
}

var ephemeral = regexp.MustCompile(`^ephemeral([0-9]|1[0-9]|2[0-3])$`)

func (m Mapping) validate(block string) error {
	var errs []error
	bad := func(name, format string, args ...any) {
		errs = append(errs, option.Bad(block+"."+name, format, args...))
	}
	if m.DeviceName == "" {
		bad("device_name", "It is required, such as \"/dev/sda1\".")
	}
	if m.VirtualName != "" && !ephemeral.MatchString(m.VirtualName) {
		bad("virtual_name", "%q is no instance store; use \"ephemeral0\" to \"ephemeral23\".", m.VirtualName)
	}
	if m.KMSKeyID != "" && (m.Encrypted == nil || !*m.Encrypted) {
		bad("kms_key_id", "It needs encrypted = true.")
	}
	if m.VolumeSize < 0 {
		bad("volume_size", "%d GiB is no size.", m.VolumeSize)
	}
	return errors.Join(append(errs, option.OneOf(block+".volume_type", m.VolumeType, "", "gp3", "gp2", "io1", "io2", "st1", "sc1", "standard"), m.validateSpeed(block))...)
}

// rates are the limits of the volumes whose speed can be chosen.
func rates() map[string]struct{ min, max, perGiB int32 } {
	return map[string]struct{ min, max, perGiB int32 }{"io1": {100, 64000, 50}, "io2": {100, 256000, 1000}, "gp3": {3000, 80000, 500}}
}

func (m Mapping) validateSpeed(block string) error {
	var errs []error
	if m.IOPS != nil {
		rate, ok := rates()[m.VolumeType]
		switch {
		case !ok:
			errs = append(errs, option.Bad(block+".iops", "Only \"io1\", \"io2\" and \"gp3\" volumes take it, not %q.", m.VolumeType))
		case *m.IOPS < rate.min || *m.IOPS > rate.max:
			errs = append(errs, option.Bad(block+".iops", "An %q volume takes %d to %d, not %d.", m.VolumeType, rate.min, rate.max, *m.IOPS))
		case m.VolumeType != "gp3" && m.VolumeSize > 0 && *m.IOPS > m.VolumeSize*rate.perGiB:
			errs = append(errs, option.Bad(block+".iops", "An %q volume of %d GiB takes at most %d.", m.VolumeType, m.VolumeSize, m.VolumeSize*rate.perGiB))
		}
	}
	if m.Throughput != nil {
		if m.VolumeType != "gp3" {
			errs = append(errs, option.Bad(block+".throughput", "Only \"gp3\" volumes take it, not %q.", m.VolumeType))
		} else if *m.Throughput < 125 || *m.Throughput > 2000 {
			errs = append(errs, option.Bad(block+".throughput", "A \"gp3\" volume takes 125 to 2000 MiB/s, not %d.", *m.Throughput))
		}
	}
	return errors.Join(errs...)
}

// Encrypts says whether any disk is encrypted because an option says so.
func (o *Options) Encrypts() bool {
	return slices.ContainsFunc(append(slices.Clone(o.Launch), o.Image...), func(m Mapping) bool { return m.Encrypted != nil && *m.Encrypted })
}

// ToLaunch are the disks of the instance as EC2 takes them. Nothing of a build
// is left behind, so volumes go with the instance.
func (o *Options) ToLaunch() []types.BlockDeviceMapping {
	all := toEC2(o.Launch)
	for i := range all {
		if all[i].Ebs != nil {
			all[i].Ebs.DeleteOnTermination = aws.Bool(true)
		}
	}
	return all
}

// Borrowed are the snapshots that the AMI has as they are: somebody else's.
func (o *Options) Borrowed() []string {
	var all []string
	for _, m := range o.Image {
		if m.SnapshotID != "" {
			all = append(all, m.SnapshotID)
		}
	}
	return all
}

// ToImage are the disks of the AMI as EC2 takes them.
func (o *Options) ToImage() []types.BlockDeviceMapping {
	all := toEC2(o.Image)
	for _, m := range o.Launch { // the instance's is true in any case
		named := slices.ContainsFunc(o.Image, func(i Mapping) bool { return i.DeviceName == m.DeviceName })
		if m.DeleteOnTermination != nil && !*m.DeleteOnTermination && !m.NoDevice && m.VirtualName == "" && !named {
			all = append(all, types.BlockDeviceMapping{DeviceName: aws.String(m.DeviceName), Ebs: &types.EbsBlockDevice{DeleteOnTermination: aws.Bool(false)}})
		}
	}
	if o.NoEphemeral { // the names that AMIs of old have
		for c := 'a'; c <= 'z'; c++ {
			all = append(all, types.BlockDeviceMapping{DeviceName: aws.String("xvdc" + string(c)), NoDevice: aws.String("")})
		}
	}
	return all
}

func toEC2(all []Mapping) []types.BlockDeviceMapping {
	var out []types.BlockDeviceMapping
	for _, m := range all {
		b := types.BlockDeviceMapping{DeviceName: aws.String(m.DeviceName)}
		switch {
		case m.NoDevice:
			b.NoDevice = aws.String("")
		case m.VirtualName != "":
			b.VirtualName = aws.String(m.VirtualName)
		default:
			b.Ebs = m.ebs()
		}
		out = append(out, b)
	}
	return out
}

func (m Mapping) ebs() *types.EbsBlockDevice {
	e := &types.EbsBlockDevice{
		DeleteOnTermination: aws.Bool(m.DeleteOnTermination != nil && *m.DeleteOnTermination), VolumeType: types.VolumeType(m.VolumeType), Encrypted: m.Encrypted,
		Iops: m.IOPS, Throughput: m.Throughput,
	}
	if m.VolumeSize > 0 {
		e.VolumeSize = aws.Int32(m.VolumeSize)
	}
	if m.KMSKeyID != "" {
		e.KmsKeyId = aws.String(m.KMSKeyID)
	}
	if m.SnapshotID != "" {
		e.SnapshotId = aws.String(m.SnapshotID)
	}
	return e
}
