// Package qemu boots disk images with QEMU, and turns the changed machine into
// a disk image again.
package qemu

import (
	"os"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/builders/qemu/base"
	"github.com/ovenbird-io/ovenbird/builders/qemu/disk"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/media"
	"github.com/ovenbird-io/ovenbird/internal/artifact"
	"github.com/ovenbird-io/ovenbird/internal/checkpoint"
	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
)

// Builder is the qemu builder and its options.
type Builder struct {
	communicator.SSH `hcl:",remain"`
	hardware.Spec    `hcl:",remain"`
	base.Origin      `hcl:",remain"`
	disk.Options     `hcl:",remain"`
	media.CDs        `hcl:",remain"`
	fileserver.HTTP  `hcl:",remain"`

	// Makes the artifact an overlay that needs the base; qcow2 only.
	UseBackingFile bool `hcl:"use_backing_file,optional"`

	// Lowest host port for the SSH forward. With neither end of the range set,
	// the kernel chooses a free port.
	HostPortMin int `hcl:"host_port_min,optional"`
	// Highest host port for the SSH forward. Default 4444 when only the lowest is set.
	HostPortMax int `hcl:"host_port_max,optional"`
	// Connects to ssh_port on 127.0.0.1 and forwards nothing.
	SkipNATMapping bool `hcl:"skip_nat_mapping,optional"`

	// Folder of the artifact; it must not exist, unless -force is given.
	OutputDirectory string `hcl:"output_directory,optional"`
	// File name of the artifact's disk.
	VMName string `hcl:"vm_name,optional"`
	// Command that stops the guest. Unset: a clean power-off.
	ShutdownCommand string `hcl:"shutdown_command,optional"`
	// How long the guest may take to stop.
	ShutdownTimeout time.Duration `hcl:"shutdown_timeout,optional"`
	// Accepted for Packer's templates: waiting is by event, not by time.
	BootWait time.Duration `hcl:"boot_wait,optional"`
	// Accepted for Packer's templates: the monitor is always there, privately.
	QMPEnable bool `hcl:"qmp_enable,optional"`
	// Accepted for Packer's templates, where it does nothing either.
	RunOnce bool `hcl:"run_once,optional"`
	// What is cleaned before the image is finished.
	Seal *Seal `hcl:"seal,block"`
	// false leaves the image as the last provisioner left it.
	SealImage *bool `hcl:"seal,optional"`

	env    builders.Env
	from   *artifact.Artifact
	store  *checkpoint.Store // nil: machines are not frozen
	prover hardware.Prover
	based  os.FileInfo // the base that Facts tell of
}

// Seal says what is not cleaned.
type Seal struct {
	// Names of what to keep, such as "logs" or "package_cache".
	Keep []string `hcl:"keep,optional"`
}

// New gives a builder with its defaults.
func New(env builders.Env) builders.Builder {
	return &Builder{
		SSH:             communicator.Defaults(),
		Spec:            hardware.Defaults(),
		Options:         disk.Defaults(),
		CDs:             media.Defaults(),
		HTTP:            fileserver.Defaults(),
		OutputDirectory: "output-" + env.Name,
		VMName:          "packer-" + env.Name,
		ShutdownTimeout: 5 * time.Minute,
		env:             env,
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
func (b *Builder) Rebase(from *artifact.Artifact) { b.from = from }

// Guestless says that the machine is booted but never entered.
func (b *Builder) Guestless() bool { return b.Communicator == "none" }

// Size is what the machine takes of the host.
func (b *Builder) Size() (memory, processors int) { return b.Memory, b.Processors() }
