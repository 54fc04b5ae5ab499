// Package qemu boots disk images with QEMU, and turns the changed machine into
// a disk image again.
package qemu

import (
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/seed"
)

// Builder is the qemu builder and its options.
type Builder struct {
	communicator.SSH `hcl:",remain"`

	// From is the base: a path, a URL, or another source of the template such
	// as "source.debootstrap.bookworm", which is baked first. It replaces
	// iso_url and disk_image.
	Base string `hcl:"from,optional"`
	// Path or URL of the base image. Local files are used in place.
	ISOURL string `hcl:"iso_url,optional"`
	// Paths or URLs of the same base image, tried in order.
	ISOURLs []string `hcl:"iso_urls,optional"`
	// Checksum of the base: "none", a bare hex digest, "sha256:HEX" (also md5,
	// sha1, sha512) or "file:URL-or-path" of a checksum list.
	ISOChecksum string `hcl:"iso_checksum,optional"`
	// Where the download is kept; the default is the cache folder.
	ISOTargetPath string `hcl:"iso_target_path,optional"`
	// Says that the base is a disk image to boot from.
	DiskImage bool `hcl:"disk_image,optional"`
	// Makes the artifact an overlay that needs the base; qcow2 only.
	UseBackingFile bool `hcl:"use_backing_file,optional"`
	// Leaves the disk as large as the base, whatever disk_size says.
	SkipResizeDisk bool `hcl:"skip_resize_disk,optional"`

	// kvm, tcg, hax, hvf, whpx, xen or none. Unset: kvm where a test guest
	// proves that it works, otherwise tcg, with the reason.
	Accelerator string `hcl:"accelerator,optional"`
	// QEMU machine type.
	MachineType string `hcl:"machine_type,optional"`
	// QEMU CPU model; unset leaves the choice to QEMU.
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

	// Size of the main disk, such as "8G" or "40960M"; a bare number is MiB.
	// Unset keeps the base's size.
	DiskSize string `hcl:"disk_size,optional"`
	// Sizes of further, empty disks; a bare number is MiB.
	AdditionalDisks []string `hcl:"disk_additional_size,optional"`
	// virtio, virtio-scsi, scsi, ide, sata or sd.
	DiskInterface string `hcl:"disk_interface,optional"`
	// unsafe, writeback, writethrough, none or directsync. A bake that fails
	// is thrown away, so the default trades safety for speed.
	DiskCache string `hcl:"disk_cache,optional"`
	// unmap or ignore: whether blocks that the guest frees are freed here too.
	DiskDiscard string `hcl:"disk_discard,optional"`
	// unmap, on or off: whether written zeroes are stored as holes.
	DiskDetectZeroes string `hcl:"disk_detect_zeroes,optional"`
	// qcow2 or raw.
	Format string `hcl:"format,optional"`
	// Accepted for Packer's templates; the artifact never holds unused blocks.
	SkipCompaction bool `hcl:"skip_compaction,optional"`
	// Compresses the artifact's blocks (qcow2 only).
	DiskCompression bool `hcl:"disk_compression,optional"`
	// Further arguments for qemu-img.
	QemuImgArgs *ImgArgs `hcl:"qemu_img_args,block"`
	// How cd_files is attached: "" is an IDE CD-ROM drive, "virtio" a read-only disk.
	CDROMInterface string `hcl:"cdrom_interface,optional"`

	// Network card model.
	NetDevice string `hcl:"net_device,optional"`
	// Host bridge to attach to; ssh_host must then name the guest.
	NetBridge string `hcl:"net_bridge,optional"`
	// Lowest host port for the SSH forward. With neither end of the range set,
	// the kernel chooses a free port.
	HostPortMin int `hcl:"host_port_min,optional"`
	// Highest host port for the SSH forward. Default 4444 when only the lowest is set.
	HostPortMax int `hcl:"host_port_max,optional"`
	// Connects to ssh_port on 127.0.0.1 and forwards nothing.
	SkipNATMapping bool `hcl:"skip_nat_mapping,optional"`
	// Folder served to the guest by HTTP.
	HTTPDirectory string `hcl:"http_directory,optional"`
	// Path ("/ks.cfg") to text, served to the guest by HTTP.
	HTTPContent map[string]string `hcl:"http_content,optional"`
	// Lowest port of the file server. Unset lets the kernel choose a free one.
	HTTPPortMin int `hcl:"http_port_min,optional"`
	// Highest port of the file server.
	HTTPPortMax int `hcl:"http_port_max,optional"`
	// Address the file server listens on; guests reach the loopback address as 10.0.2.2.
	HTTPBindAddress string `hcl:"http_bind_address,optional"`
	// Address of a VNC server; naming any vnc option starts one.
	VNCBindAddress string `hcl:"vnc_bind_address,optional"`
	// Lowest VNC port.
	VNCPortMin int `hcl:"vnc_port_min,optional"`
	// Highest VNC port.
	VNCPortMax int `hcl:"vnc_port_max,optional"`

	// Files and folders for a CD; a folder with a trailing "/" gives its contents.
	CDFiles []string `hcl:"cd_files,optional"`
	// Name to text, written to the CD after cd_files.
	CDContent map[string]string `hcl:"cd_content,optional"`
	// Volume label of the CD; "cidata" makes it a cloud-init seed.
	CDLabel string `hcl:"cd_label,optional"`
	// Settings for cloud-init, joined with the build's throw-away login.
	CloudInit *seed.CloudInit `hcl:"cloud_init,block"`

	// Folder of the artifact; it must not exist, unless -force is given.
	OutputDirectory string `hcl:"output_directory,optional"`
	// File name of the artifact's disk.
	VMName string `hcl:"vm_name,optional"`
	// Command that stops the guest. Unset: a clean power-off.
	ShutdownCommand string `hcl:"shutdown_command,optional"`
	// How long the guest may take to stop.
	ShutdownTimeout time.Duration `hcl:"shutdown_timeout,optional"`
	// Accepted for Packer's templates: waiting is by event, not by time.
	BootWait string `hcl:"boot_wait,optional"`
	// Accepted for Packer's templates: the monitor is always there, privately.
	QMPEnable bool `hcl:"qmp_enable,optional"`
	// Accepted for Packer's templates: a VNC server runs only when asked for.
	DisableVNC bool `hcl:"disable_vnc,optional"`
	// Accepted for Packer's templates, where it does nothing either.
	RunOnce bool `hcl:"run_once,optional"`
	// Further QEMU arguments: a switch named here replaces the default ones.
	QEMUArgs [][]string `hcl:"qemuargs,optional" template:"late"`
	// What is cleaned before the image is finished.
	Seal *Seal `hcl:"seal,block"`
	// false leaves the image as the last provisioner left it.
	SealImage *bool `hcl:"seal,optional"`

	env  builders.Env
	base *artifact.Artifact
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

// Seal says what is not cleaned.
type Seal struct {
	// Names of what to keep, such as "logs" or "package_cache".
	Keep []string `hcl:"keep,optional"`
}

// New gives a builder with its defaults.
func New(env builders.Env) builders.Builder {
	return &Builder{
		SSH:              communicator.Defaults(),
		MachineType:      "pc",
		Memory:           512,
		QEMUBinary:       "qemu-system-x86_64",
		DiskInterface:    "virtio",
		DiskCache:        "unsafe",
		DiskDiscard:      "unmap",
		DiskDetectZeroes: "unmap",
		Format:           "qcow2",
		NetDevice:        "virtio-net",
		HTTPBindAddress:  "127.0.0.1",
		CDLabel:          "packer",
		OutputDirectory:  "output-" + env.Name,
		VMName:           "packer-" + env.Name,
		ShutdownTimeout:  5 * time.Minute,
		env:              env,
	}
}

// From is the source this build starts from, if it is one of the template.
func (b *Builder) From() string {
	if strings.HasPrefix(b.Base, "source.") {
		return b.Base
	}
	return ""
}

// Rebase takes the artifact of the source that From names.
func (b *Builder) Rebase(base *artifact.Artifact) { b.base = base }

// Guestless says that the machine is booted but never entered.
func (b *Builder) Guestless() bool { return b.Communicator == "none" }

// MemoryMiB is what the machine takes of the host's memory.
func (b *Builder) MemoryMiB() int { return b.Memory }
