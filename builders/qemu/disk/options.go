// Package disk makes the images of a bake's disks with qemu-img.
package disk

import (
	"errors"
	"regexp"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Options say what the disks are; the builder embeds them with
// `hcl:",remain"` and starts from Defaults.
type Options struct {
	// Size of the main disk, such as "8G" or "40960M"; a bare number is MiB.
	// Unset keeps the base's size.
	DiskSize string `hcl:"disk_size,optional"`
	// Sizes of further, empty disks; a bare number is MiB.
	AdditionalDisks []string `hcl:"disk_additional_size,optional"`
	// Leaves the disk as large as the base, whatever disk_size says.
	SkipResizeDisk bool `hcl:"skip_resize_disk,optional"`
	// qcow2 or raw.
	Format string `hcl:"format,optional"`
	// Accepted for Packer's templates; the artifact never holds unused blocks.
	SkipCompaction bool `hcl:"skip_compaction,optional"`
	// Compresses the artifact's blocks (qcow2 only).
	DiskCompression bool `hcl:"disk_compression,optional"`
	// Further arguments for qemu-img.
	QemuImgArgs *ImgArgs `hcl:"qemu_img_args,block"`
}

// ImgArgs are further arguments for qemu-img.
type ImgArgs struct {
	// For qemu-img create.
	Create []string `hcl:"create,optional"`
	// For qemu-img convert.
	Convert []string `hcl:"convert,optional"`
	// For qemu-img resize.
	Resize []string `hcl:"resize,optional"`
}

// Defaults are the options of a template that sets none.
func Defaults() Options { return Options{Format: "qcow2"} }

var sizePattern = regexp.MustCompile(`^(?i)\d+[bkmgt]?$`)

// Validate reports every option that cannot be used.
func (o *Options) Validate() error {
	errs := []error{option.OneOf("format", o.Format, "qcow2", "raw")}
	if o.DiskSize != "" {
		errs = append(errs, checkSize("disk_size", o.DiskSize))
	}
	for _, s := range o.AdditionalDisks {
		errs = append(errs, checkSize("disk_additional_size", s))
	}
	return errors.Join(errs...)
}

func checkSize(name, size string) error {
	if sizePattern.MatchString(size) {
		return nil
	}
	return option.Bad(name, "%q is no size; write a number with an optional K, M, G or T, such as \"8G\".", size)
}
