package ansible

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/sshlogin"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// environment is that of Ansible's programs: this process's, how to enter the
// guest, and what the template adds. How to enter the guest is not in the
// inventory, so that it also holds for one that the user brings, and so that a
// task delegated to another host does not get the guest's key.
func (a *Ansible) environment(dir *scratch.Dir, f sshlogin.Files, out *ui.UI) ([]string, error) {
	var common []string
	for _, o := range f.Options() {
		common = append(common, guest.Quote(o))
	}
	set := map[string]string{
		"PYTHONUNBUFFERED":             "1",
		"ANSIBLE_SSH_COMMON_ARGS":      strings.Join(common, " "),
		"ANSIBLE_SSH_CONTROL_PATH_DIR": dir.Join(socketDir),
		"ANSIBLE_LOCAL_TEMP":           dir.Path,
		"ANSIBLE_PRIVATE_KEY_FILE":     f.KeyFile,
		"ANSIBLE_HOST_KEY_CHECKING":    "True",
		"PACKER_BUILD_NAME":            a.env.BuildName,
		"PACKER_BUILDER_TYPE":          a.env.BuilderType,
		"PACKER_HTTP_ADDR":             a.env.HTTPAddr,
		"PACKER_HTTP_IP":               a.env.HTTPIP,
		"PACKER_HTTP_PORT":             a.env.HTTPPort,
		"ANSIBLE_ROLES_PATH":           a.RolesPath,
		"ANSIBLE_COLLECTIONS_PATH":     a.CollectionsPath,
		"ANSIBLE_COLLECTIONS_PATHS":    a.CollectionsPath, // before ansible-core 2.10
	}
	if f.KnownFile == "" {
		set["ANSIBLE_HOST_KEY_CHECKING"] = "False"
		out.Warn("the guest's host key is not known here, so Ansible does not check it")
	}
	if a.InventoryFile != "" {
		set["ANSIBLE_REMOTE_USER"], set["ANSIBLE_REMOTE_PORT"] = f.User, f.Port
	}
	if a.UseSFTP {
		set["ANSIBLE_SSH_TRANSFER_METHOD"] = "sftp"
	}
	if os.Getenv("LC_ALL")+os.Getenv("LC_CTYPE")+os.Getenv("LANG") == "" {
		set["LC_ALL"] = "C.UTF-8" // Ansible refuses to run without
	}
	if err := password(set, f, out); err != nil {
		return nil, err
	}
	env := os.Environ()
	for name, value := range set {
		if value == "" {
			continue
		}
		if strings.HasSuffix(name, "_PATH") || strings.HasSuffix(name, "_PATHS") {
			if abs, err := filepath.Abs(value); err == nil {
				value = abs
			}
		}
		env = append(env, name+"="+value)
	}
	more, err := a.renderAll(a.EnvVars)
	if err != nil {
		return nil, fmt.Errorf("ansible_env_vars: %w", err)
	}
	return append(env, more...), nil
}

// password gives Ansible the guest's password, for sudo and, where sshpass is
// there to type it, for logging in.
func password(set map[string]string, f sshlogin.Files, out *ui.UI) error {
	if f.PasswordFile == "" {
		return nil
	}
	set["ANSIBLE_BECOME_PASSWORD_FILE"] = f.PasswordFile
	_, err := exec.LookPath("sshpass")
	switch {
	case err == nil:
		set["ANSIBLE_CONNECTION_PASSWORD_FILE"] = f.PasswordFile
	case f.KeyFile == "":
		return errors.New("the guest is entered with a password, for which Ansible needs sshpass on this machine; install it (\"apt-get install sshpass\"), or set ssh_private_key_file")
	default:
		out.Warn("sshpass is not installed on this machine, so Ansible can log in with the key only, not with the password")
	}
	return nil
}
