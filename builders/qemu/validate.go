package qemu

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"

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
	if b.VMName == consoleLog || strings.HasPrefix(b.VMName, ".") {
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
	const installer = "Booting an installer comes later; start from a disk image with from."
	const firmware = "The machine boots with BIOS for now; remove it."
	const tpm = "The machine has no TPM for now; remove it."
	all := b.SSH.Deferred()
	maps.Copy(all, map[string]string{
		"vnc_use_password":      "A VNC server has no password for now; it listens on the loopback address.",
		"vnc_password":          "A VNC server has no password for now; it listens on the loopback address.",
		"qmp_socket_path":       "The monitor's socket is private to the build; remove it.",
		"iso_skip_cache":        "Downloads always pass through the cache; remove it.",
		"ssh_host_port_min":     "It is called host_port_min now.",
		"ssh_host_port_max":     "It is called host_port_max now.",
		"http_network_protocol": "The file server speaks TCP over IPv4; remove it.",
		"http_interface":        "Name the address with http_bind_address.",
	})
	for text, names := range map[string]string{
		installer: "boot_command boot_steps boot_key_interval boot_keygroup_interval floppy_files floppy_dirs floppy_content floppy_label iso_target_extension",
		firmware:  "efi_boot efi_firmware_code efi_firmware_vars efi_drop_efivars firmware use_pflash",
		tpm:       "vtpm use_tpm1 tpm_device_type",
	} {
		for _, name := range strings.Fields(names) {
			all[name] = text
		}
	}
	return all
}
