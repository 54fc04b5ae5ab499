// Package hardware says what a QEMU machine is made of: the options for it, and
// QEMU's command line.
package hardware

// Spec is the hardware of a machine; the builder embeds it with
// `hcl:",remain"` and starts from Defaults.
type Spec struct {
	// kvm, tcg, hax, hvf, whpx, xen or none. Unset: kvm where a test guest
	// proves that it works, otherwise tcg, with the reason.
	Accelerator string `hcl:"accelerator,optional"`
	// QEMU machine type.
	MachineType string `hcl:"machine_type,optional"`
	// QEMU CPU model. Unset: host with KVM; with TCG QEMU's default (qemu64) as a
	// processor that needs no guards against speculation.
	CPUModel string `hcl:"cpu_model,optional"`
	// Number of virtual processors; 0 is 1.
	CPUs int `hcl:"cpus,optional"`
	// Processor sockets of the machine; 0 leaves it to QEMU.
	Sockets int `hcl:"sockets,optional"`
	// Cores of a socket; 0 leaves it to QEMU.
	Cores int `hcl:"cores,optional"`
	// Threads of a core; 0 leaves it to QEMU.
	Threads int `hcl:"threads,optional"`
	// Memory in MiB.
	Memory int `hcl:"memory,optional"`
	// The QEMU program.
	QEMUBinary string `hcl:"qemu_binary,optional"`
	// Graphics card, as QEMU's -vga takes it.
	VGA string `hcl:"vga,optional"`
	// Window to show the machine in, as QEMU's -display takes it. Unset shows none.
	Display string `hcl:"display,optional"`
	// Accepted for Packer's templates: no window is opened unless display is set.
	Headless bool `hcl:"headless,optional"`
	// Accepted for Packer's templates: the display option alone decides.
	UseDefaultDisplay bool `hcl:"use_default_display,optional"`

	// virtio, virtio-scsi, scsi, ide, sata or sd.
	DiskInterface string `hcl:"disk_interface,optional"`
	// unsafe, writeback, writethrough, none or directsync. A bake that fails
	// is thrown away, so the default trades safety for speed.
	DiskCache string `hcl:"disk_cache,optional"`
	// unmap or ignore: whether blocks that the guest frees are freed here too.
	DiskDiscard string `hcl:"disk_discard,optional"`
	// unmap, on or off: whether written zeroes are stored as holes.
	DiskDetectZeroes string `hcl:"disk_detect_zeroes,optional"`
	// How cd_files is attached: "" is an IDE CD-ROM drive, "virtio" a read-only disk.
	CDROMInterface string `hcl:"cdrom_interface,optional"`

	// Network card model.
	NetDevice string `hcl:"net_device,optional"`
	// Host bridge to attach to; ssh_host must then name the guest.
	NetBridge string `hcl:"net_bridge,optional"`
	// Address of a VNC server; naming any vnc option starts one.
	VNCBindAddress string `hcl:"vnc_bind_address,optional"`
	// Lowest VNC port.
	VNCPortMin int `hcl:"vnc_port_min,optional"`
	// Highest VNC port.
	VNCPortMax int `hcl:"vnc_port_max,optional"`
	// Accepted for Packer's templates: a VNC server runs only when asked for.
	DisableVNC bool `hcl:"disable_vnc,optional"`

	// Further QEMU arguments: a switch named here replaces the default ones.
	QEMUArgs [][]string `hcl:"qemuargs,optional" template:"late"`
}

// Defaults are the options of a template that sets none.
func Defaults() Spec {
	return Spec{
		MachineType:      "pc",
		Memory:           512,
		QEMUBinary:       "qemu-system-x86_64",
		DiskInterface:    "virtio",
		DiskCache:        "unsafe",
		DiskDiscard:      "unmap",
		DiskDetectZeroes: "unmap",
		NetDevice:        "virtio-net",
	}
}

// Hotplugs says whether the machine takes virtio disks at run time: the guest
// has to know virtio, and the machine type a bus for it, as "pc" has.
func (s *Spec) Hotplugs() bool { return s.DiskInterface == "virtio" && s.MachineType == "pc" }
