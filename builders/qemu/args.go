package qemu

import (
	"fmt"

	"github.com/ovenbird-io/ovenbird/builders/qemu/hardware"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
)

// renderArgs is the command line with the facts that qemuargs may name.
func (m *machine) renderArgs(parts hardware.Parts) ([]string, error) {
	b, spec := m.b, m.b.Spec
	data := map[string]any{
		"HTTPIP": b.hostIP(), "HTTPPort": 0, "HTTPDir": b.HTTPDirectory, "HTTPContent": b.HTTPContent,
		"OutputDir": m.image.Path, "Name": b.VMName, "SSHHostPort": b.HostPortMin,
	}
	if m.files != nil {
		data["HTTPPort"] = m.files.Port()
	}
	spec.QEMUArgs = nil
	for _, row := range b.QEMUArgs {
		var rendered []string
		for _, text := range row {
			value, err := gotmpl.Render(text, data, gotmpl.Funcs{BuildName: b.env.Name, BuildType: b.env.Type, TemplateDir: b.env.Root})
			if err != nil {
				return nil, fmt.Errorf("qemuargs: %w", err)
			}
			rendered = append(rendered, value)
		}
		spec.QEMUArgs = append(spec.QEMUArgs, rendered)
	}
	return spec.Args(parts), nil
}
