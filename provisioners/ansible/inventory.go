package ansible

import (
	"fmt"
	"os"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/scratch"
)

// hostLine is the guest's line unless the template has one of its own.
const hostLine = "{{ .HostAlias }} ansible_host={{ .Host }} ansible_user={{ .User }} ansible_port={{ .Port }}"

// inventory is the text of the inventory made for the build.
func (a *Ansible) inventory() (string, error) {
	text := a.InventoryFileTemplate
	if text == "" {
		text = hostLine
	}
	values := map[string]string{"HostAlias": a.HostAlias}
	if a.env.Vars != nil {
		values["User"] = a.user()
	}
	line, err := a.render(text, values)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(line, "\n") + "\n")
	for _, g := range a.Groups {
		fmt.Fprintf(&b, "[%s]\n%s\n", g, a.HostAlias)
	}
	for _, g := range a.EmptyGroups {
		fmt.Fprintf(&b, "[%s]\n", g)
	}
	return b.String(), nil
}

// writeInventory gives the inventory to run with, and what removes it.
func (a *Ansible) writeInventory(dir *scratch.Dir) (name string, remove func() error, err error) {
	nothing := func() error { return nil }
	if a.InventoryFile != "" {
		return a.InventoryFile, nothing, nil
	}
	text, err := a.inventory()
	if err != nil {
		return "", nil, fmt.Errorf("inventory_file_template: %w", err)
	}
	if a.InventoryDirectory == "" && !a.KeepInventoryFile {
		name = dir.Join("inventory")
		return name, nothing, os.WriteFile(name, []byte(text), 0o600)
	}
	f, err := os.CreateTemp(a.InventoryDirectory, "ovenbird-inventory-*")
	if err != nil {
		return "", nil, fmt.Errorf("making the inventory: %w", err)
	}
	remove = func() error { return os.Remove(f.Name()) }
	if a.KeepInventoryFile {
		remove = nothing
	}
	_, err = f.WriteString(text)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", nil, fmt.Errorf("writing the inventory: %w", err)
	}
	return f.Name(), remove, nil
}
