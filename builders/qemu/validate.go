package qemu

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/fetch"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/seal"
)

// Validate reports every option that cannot be used.
func (b *Builder) Validate() error {
	return errors.Join(b.validateBase(), b.validateMachine(), b.validateDisks(), b.validateNetwork(),
		b.validateSeal(), b.validateLogin())
}

func (b *Builder) validateBase() error {
	var errs []error
	urls := b.urls()
	switch {
	case b.Base != "" && len(urls) > 0:
		errs = append(errs, option.Bad("from", "The base is named twice; use either from or iso_url."))
	case b.ISOURL != "" && len(b.ISOURLs) > 0:
		errs = append(errs, option.Bad("iso_urls", "The base is named twice; use either iso_url or iso_urls."))
	case b.Base == "" && len(urls) == 0:
		errs = append(errs, option.Bad("from", "A machine needs a base: set from to a disk image, a URL or another source of the template."))
	case b.Base == "" && !b.DiskImage:
		errs = append(errs, option.Bad("iso_url", "Booting an installer is not supported yet; for a disk image set disk_image = true, or name it with from."))
	}
	if len(urls) > 0 && b.Base == "" && b.ISOChecksum == "" {
		errs = append(errs, option.Bad("iso_checksum", "A download needs a checksum; write \"sha256:...\", \"file:URL\" of a checksum list, or \"none\"."))
	}
	if b.ISOChecksum != "" {
		if _, err := fetch.ParseChecksum(b.ISOChecksum); err != nil {
			errs = append(errs, option.Bad("iso_checksum", "%s", err.Error()))
		}
	}
	if b.UseBackingFile && b.Format != "qcow2" {
		errs = append(errs, option.Bad("use_backing_file", "Only qcow2 images can have a backing file; set format = \"qcow2\"."))
	}
	return errors.Join(errs...)
}

func (b *Builder) validateMachine() error {
	errs := []error{oneOf("accelerator", b.Accelerator, "", "kvm", "tcg", "hax", "hvf", "whpx", "xen", "none")}
	for _, n := range []struct {
		name  string
		value int
	}{{"cpus", b.CPUs}, {"sockets", b.Sockets}, {"cores", b.Cores}, {"threads", b.Threads}} {
		if n.value < 0 {
			errs = append(errs, option.Bad(n.name, "%d is no number of processors; use 1 or more.", n.value))
		}
	}
	if b.Memory < 10 {
		errs = append(errs, option.Bad("memory", "%d MiB is too little for any machine; use 512 or more.", b.Memory))
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
	for i, row := range b.QEMUArgs {
		if len(row) == 0 || !strings.HasPrefix(row[0], "-") {
			errs = append(errs, option.Bad("qemuargs", "Row %d does not start with a switch; write [\"-switch\", \"value\"].", i+1))
		}
	}
	return errors.Join(errs...)
}

var sizePattern = regexp.MustCompile(`^(?i)\d+[bkmgt]?$`)

func (b *Builder) validateDisks() error {
	errs := []error{
		oneOf("disk_interface", b.DiskInterface, "virtio", "virtio-scsi", "scsi", "ide", "sata", "sd"),
		oneOf("disk_cache", b.DiskCache, "unsafe", "writeback", "writethrough", "none", "directsync"),
		oneOf("disk_discard", b.DiskDiscard, "unmap", "ignore"),
		oneOf("disk_detect_zeroes", b.DiskDetectZeroes, "unmap", "on", "off"),
		oneOf("format", b.Format, "qcow2", "raw"),
		oneOf("cdrom_interface", b.CDROMInterface, "", "ide", "virtio"),
	}
	if b.DiskSize != "" && !sizePattern.MatchString(b.DiskSize) {
		errs = append(errs, option.Bad("disk_size", "%q is no size; write a number with an optional K, M, G or T, such as \"8G\".", b.DiskSize))
	}
	for _, s := range b.AdditionalDisks {
		if !sizePattern.MatchString(s) {
			errs = append(errs, option.Bad("disk_additional_size", "%q is no size; write a number with an optional K, M, G or T, such as \"8G\".", s))
		}
	}
	return errors.Join(errs...)
}

func (b *Builder) validateNetwork() error {
	var errs []error
	if b.HTTPDirectory != "" && len(b.HTTPContent) > 0 {
		errs = append(errs, option.Bad("http_content", "The file server serves either http_content or http_directory; remove one."))
	}
	for name := range b.HTTPContent {
		if !strings.HasPrefix(name, "/") {
			errs = append(errs, option.Bad("http_content", "The path %q must start with \"/\".", name))
		}
	}
	if b.NetBridge != "" && b.Host == "" {
		errs = append(errs, option.Bad("net_bridge", "Finding the guest's address on a bridge is not supported yet; set ssh_host as well."))
	}
	for _, r := range []struct {
		name     string
		min, max int
	}{{"host_port_min", b.HostPortMin, b.HostPortMax}, {"http_port_min", b.HTTPPortMin, b.HTTPPortMax}, {"vnc_port_min", b.VNCPortMin, b.VNCPortMax}} {
		if r.min < 0 || r.max > 65535 || (r.max != 0 && r.min > r.max) {
			errs = append(errs, option.Bad(r.name, "The range %d to %d holds no port; use numbers up to 65535, the lower one first.", r.min, r.max))
		}
	}
	return errors.Join(errs...)
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

// Warnings says what is worth a second thought.
func (b *Builder) Warnings() []string {
	var all []string
	if b.ISOChecksum == "none" && slices.ContainsFunc(b.urls(), func(u string) bool { return strings.Contains(u, "://") }) {
		all = append(all, "iso_checksum = \"none\": the download is not verified.")
	}
	return all
}

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

func oneOf(name, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	var quoted []string
	for _, a := range allowed {
		if a != "" {
			quoted = append(quoted, fmt.Sprintf("%q", a))
		}
	}
	return option.Bad(name, "%q is unknown; use %s.", value, strings.Join(quoted, ", "))
}
