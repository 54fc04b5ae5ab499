package qemu

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/builders/qemu/base"
	"github.com/ovenbird-io/ovenbird/builders/qemu/evidence"
	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/builders/qemu/login"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/seal"
)

// Validate reports every option that cannot be used.
func (b *Builder) Validate() error {
	return errors.Join(b.Origin.Validate(), b.Spec.Validate(), b.Options.Validate(), b.CDs.Validate(), b.HTTP.Validate(), b.validateOutput(),
		b.validateNetwork(), b.validateSeal(), b.validateLogin())
}

func (b *Builder) validateOutput() error {
	var errs []error
	if b.UseBackingFile && b.Format != "qcow2" {
		errs = append(errs, option.Bad("use_backing_file", "Only qcow2 images can have a backing file; set format = \"qcow2\"."))
	}
	switch filepath.Clean(b.OutputDirectory) {
	case ".", "..", "/":
		errs = append(errs, option.Bad("output_directory", "%q cannot be the artifact's folder; name a folder of its own.", b.OutputDirectory))
	}
	if b.VMName == evidence.Console || strings.HasPrefix(b.VMName, ".") {
		errs = append(errs, option.Bad("vm_name", "The name %q is in use within the output folder; choose another.", b.VMName))
	}
	if b.VMName == "" || strings.ContainsRune(b.VMName, '/') {
		errs = append(errs, option.Bad("vm_name", "%q is no file name; write one without a folder.", b.VMName))
	}
	return errors.Join(errs...)
}

func (b *Builder) validateNetwork() error {
	var errs []error
	if b.NetBridge != "" && b.Host == "" {
		errs = append(errs, option.Later("net_bridge", "Finding the guest's address on a bridge comes later; set ssh_host as well."))
	}
	return errors.Join(append(errs, option.PortRange("host_port_min", b.HostPortMin, b.HostPortMax))...)
}

func (b *Builder) validateSeal() error {
	if b.Seal == nil {
		return nil
	}
	if b.SealImage != nil {
		return option.Bad("seal", "Write either seal = false or a seal block, not both.")
	}
	return seal.CheckKeep("seal.keep", b.Seal.Keep)
}

func (b *Builder) validateLogin() error {
	errs := []error{b.SSH.Validate()}
	if b.Communicator == "ssh" && !login.Injects(&b.SSH) && b.Username == "" {
		errs = append(errs, option.Bad("ssh_username", "A template that brings its own password or key must say whose it is."))
	}
	if b.CloudInit != nil && b.IsSeed() {
		errs = append(errs, option.Bad("cloud_init", "The CD is a cloud-init seed already (cd_label = %q); use one of the two.", b.CDLabel))
	}
	return errors.Join(errs...)
}

// Warnings says what is worth a second thought.
func (b *Builder) Warnings() []string { return b.Origin.Warnings() }

// Deferred lists the options of Packer's builder that are not supported yet.
func (b *Builder) Deferred() map[string]string {
	all := b.SSH.Deferred()
	maps.Copy(all, base.Deferred())
	maps.Copy(all, hardware.Deferred())
	maps.Copy(all, map[string]string{
		"ssh_host_port_min":     "It is called host_port_min now.",
		"ssh_host_port_max":     "It is called host_port_max now.",
		"http_network_protocol": "The file server speaks TCP over IPv4; remove it.",
		"http_interface":        "Name the address with http_bind_address.",
	})
	return all
}
