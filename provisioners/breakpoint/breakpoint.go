// Package breakpoint stops a build so that a person can look around.
package breakpoint

import (
	"context"
	"errors"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/scratch"
	"github.com/ovenbird-io/ovenbird/internal/sshlogin"
	"github.com/ovenbird-io/ovenbird/internal/ui"
	"github.com/ovenbird-io/ovenbird/provisioners"
)

// Breakpoint waits until someone at the terminal presses Enter, and tells how
// to log in to the guest. A build without a terminal goes on.
type Breakpoint struct {
	// Do not stop here. Default false.
	Disable bool `hcl:"disable,optional"`
	// Text that is shown at the stop, such as why it is there. Default none.
	Note string `hcl:"note,optional"`

	env provisioners.Env
}

// New makes a breakpoint.
func New(env provisioners.Env) provisioners.Provisioner { return &Breakpoint{env: env} }

// Local says that no guest is needed.
func (*Breakpoint) Local() {}

// Provision waits for Enter.
func (b *Breakpoint) Provision(ctx context.Context, g guest.Guest, out *ui.UI) (err error) {
	name := "breakpoint"
	if b.Note != "" {
		name += " (" + b.Note + ")"
	}
	switch {
	case b.Disable:
		out.Detail("%s: disabled", name)
		return nil
	case b.env.Pause == nil:
		out.Warn("%s: not stopping, because there is no terminal to press Enter at", name)
		return nil
	}
	out.Say("%s: the build is stopped", name)
	if g != nil && b.env.Vars["ConnType"] == "ssh" {
		dir, err := scratch.New("", "ovenbird-login-*")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, dir.Remove()) }()
		login, end, err := sshlogin.Reach(ctx, sshlogin.Of(b.env.Vars, g), g, func(err error) { out.Warn("%s", err.Error()) })
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, end()) }()
		f, err := sshlogin.Write(dir.Path, login)
		if err != nil {
			return err
		}
		out.Detail("To log in: %s", f.Command())
	}
	return b.env.Pause(ctx)
}
