package base

import "strings"

// Deferred lists the options of installers, which come later, and the way out.
func Deferred() map[string]string {
	all := map[string]string{"iso_skip_cache": "Downloads always pass through the cache; remove it."}
	const installer = "boot_command boot_steps boot_key_interval boot_keygroup_interval floppy_files floppy_dirs floppy_content floppy_label iso_target_extension"
	for _, name := range strings.Fields(installer) {
		all[name] = "Booting an installer comes later; start from a disk image with from."
	}
	return all
}
