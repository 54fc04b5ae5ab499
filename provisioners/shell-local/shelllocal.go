// Package shelllocal runs scripts on the machine that bakes.
package shelllocal

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/localscript"
	"github.com/ovenbird-io/ovenbird/internal/script"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// ShellLocal runs scripts on the machine that bakes; it needs no connection to
// the guest.
type ShellLocal struct {
	localscript.Options `hcl:",remain"`

	env provisioners.Env
}

// New makes a shell-local provisioner with its defaults.
func New(env provisioners.Env) provisioners.Provisioner {
	return &ShellLocal{Options: localscript.Defaults(), env: env}
}

// Local says that no guest is needed.
func (*ShellLocal) Local() {}

// Validate checks the options.
func (s *ShellLocal) Validate() error { return s.Check(s.build()) }

// Provision runs the scripts, one after the other, up to the first that fails.
func (s *ShellLocal) Provision(ctx context.Context, _ guest.Guest, out *ui.UI) error {
	return s.Run(ctx, s.build(), out)
}

func (s *ShellLocal) build() localscript.Build {
	return localscript.Build{Vars: s.env.Vars, Build: script.Build{
		Name: s.env.BuildName, Type: s.env.BuilderType,
		HTTPIP: s.env.HTTPIP, HTTPPort: s.env.HTTPPort, HTTPAddr: s.env.HTTPAddr,
	}}
}
