package qemu

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ovenbird-io/ovenbird/internal/fetch"
	"github.com/ovenbird-io/ovenbird/internal/gotmpl"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// urls are the places the base can be had from, in order.
func (b *Builder) urls() []string {
	if b.ISOURL != "" {
		return append([]string{b.ISOURL}, b.ISOURLs...)
	}
	return b.ISOURLs
}

// fetchBase gives the absolute path of the base image.
func (b *Builder) fetchBase(ctx context.Context, out *ui.UI) (string, error) {
	path := ""
	if b.base != nil {
		path = b.base.Details["disk"]
		if path == "" {
			return "", fmt.Errorf("%s made no disk to start from (%s)", b.Base, b.base.Title)
		}
	} else {
		urls, checksum := b.urls(), b.ISOChecksum
		if b.Base != "" {
			urls = []string{b.Base}
		}
		var err error
		path, err = fetch.File(ctx, fetch.Options{
			URLs: urls, Checksum: or(checksum, "none"), Dir: b.env.CacheDir, Target: b.ISOTargetPath, Out: out,
		})
		if err != nil {
			return "", err
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding the base image: %w", err)
	}
	return path, nil
}

// renderArgs is the command line with the facts that qemuargs may name.
func (m *machine) renderArgs(args machineArgs) ([]string, error) {
	b := *m.b
	data := map[string]any{
		"HTTPIP": natHost, "HTTPPort": 0, "HTTPDir": b.HTTPDirectory, "HTTPContent": b.HTTPContent,
		"OutputDir": m.image.Path, "Name": b.VMName, "SSHHostPort": b.HostPortMin,
	}
	if m.files != nil {
		data["HTTPPort"] = m.files.Port()
	}
	b.QEMUArgs = nil
	for _, row := range m.b.QEMUArgs {
		var rendered []string
		for _, text := range row {
			value, err := gotmpl.Render(text, data, gotmpl.Funcs{BuildName: b.env.Name, BuildType: b.env.Type, TemplateDir: b.env.Root})
			if err != nil {
				return nil, fmt.Errorf("qemuargs: %w", err)
			}
			rendered = append(rendered, value)
		}
		b.QEMUArgs = append(b.QEMUArgs, rendered)
	}
	return b.args(args, 3), nil
}
