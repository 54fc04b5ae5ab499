package templates

import (
	"github.com/ovenbird-io/ovenbird/builders"
	"github.com/ovenbird-io/ovenbird/internal/decode"
	"github.com/ovenbird-io/ovenbird/internal/legacy"
	"github.com/ovenbird-io/ovenbird/internal/scope"
	"github.com/ovenbird-io/ovenbird/postprocessors"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Shapes tells the forms of the options of a component.
func (c Components) Shapes(role legacy.Role, kind string) map[string]decode.Shape {
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

func (o Options) inputs(lenient bool) scope.Inputs {
	return scope.Inputs{Vars: o.Vars, Files: o.VarFiles, WarnUndeclared: o.WarnUndeclared, Lenient: lenient}
}
