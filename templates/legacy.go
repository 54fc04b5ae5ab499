package templates

import (
	"io"

	"github.com/hashicorp/hcl/v2"

	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// UpgradeLegacy rewrites a legacy JSON template, stdin if path is "-", in HCL;
// annotated tells whether comments explain the result. The files are for
// excerpts.
func UpgradeLegacy(path string, stdin io.Reader, c Components, annotated bool) ([]byte, map[string]*hcl.File, hcl.Diagnostics) {
	name, src, diags := legacy.Read(path, stdin)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	text, diags := legacy.Upgrade(name, src, c.shapes, annotated)
	return text, map[string]*hcl.File{name: {Bytes: src}}, diags
}

// shapes tells the forms of the options of a component.
func (c Components) shapes(role legacy.Role, kind string) map[string]decode.Shape {
	switch {
	case role == legacy.Builder && c.Builders[kind] != nil:
		return decode.Shapes(c.Builders[kind](builders.Env{}))
	case role == legacy.Provisioner && c.Provisioners[kind] != nil:
		return decode.Shapes(c.Provisioners[kind](provisioners.Env{}))
	case role == legacy.PostProcessor && c.PostProcessors[kind] != nil:
		return decode.Shapes(c.PostProcessors[kind](postprocessors.Env{}))
	}
	return nil
}
