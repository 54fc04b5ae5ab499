package hardware

import "strings"

// Deferred lists the options of hardware that comes later, and the way out.
func Deferred() map[string]string {
	all := map[string]string{
		"vnc_use_password": "A VNC server has no password for now; it listens on the loopback address.",
		"vnc_password":     "A VNC server has no password for now; it listens on the loopback address.",
		"qmp_socket_path":  "The monitor's socket is private to the build; remove it.",
	}
	for text, names := range map[string]string{
		"The machine boots with BIOS for now; remove it.": "efi_boot efi_firmware_code efi_firmware_vars efi_drop_efivars firmware use_pflash",
		"The machine has no TPM for now; remove it.":      "vtpm use_tpm1 tpm_device_type",
	} {
		for _, name := range strings.Fields(names) {
			all[name] = text
		}
	}
	return all
}
