package hardware

import (
	"errors"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// Validate reports every option that cannot be used.
func (s *Spec) Validate() error {
	errs := []error{
		option.OneOf("accelerator", s.Accelerator, "", "kvm", "tcg", "hax", "hvf", "whpx", "xen", "none"),
		option.OneOf("disk_interface", s.DiskInterface, "virtio", "virtio-scsi", "scsi", "ide", "sata", "sd"),
		option.OneOf("disk_cache", s.DiskCache, "unsafe", "writeback", "writethrough", "none", "directsync"),
		option.OneOf("disk_discard", s.DiskDiscard, "unmap", "ignore"),
		option.OneOf("disk_detect_zeroes", s.DiskDetectZeroes, "unmap", "on", "off"),
		s.validateCDROM(),
		option.PortRange("vnc_port_min", s.VNCPortMin, s.VNCPortMax),
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"cpus", s.CPUs}, {"sockets", s.Sockets}, {"cores", s.Cores}, {"threads", s.Threads}} {
		if n.value < 0 {
			errs = append(errs, option.Bad(n.name, "%d is no number of processors; use 1 or more.", n.value))
		}
	}
	if s.Memory < 10 {
		errs = append(errs, option.Bad("memory", "%d MiB is too little for any machine; use 512 or more.", s.Memory))
	}
	for i, row := range s.QEMUArgs {
		if len(row) == 0 || !strings.HasPrefix(row[0], "-") {
			errs = append(errs, option.Bad("qemuargs", "Row %d does not start with a switch; write [\"-switch\", \"value\"].", i+1))
		}
	}
	return errors.Join(errs...)
}

func (s *Spec) validateCDROM() error {
	switch s.CDROMInterface {
	case "", "ide", "virtio":
		return nil
	}
	return option.Later("cdrom_interface", "%q comes later; use \"ide\" or \"virtio\".", s.CDROMInterface)
}
