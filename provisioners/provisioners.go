// Package provisioners says what a provisioner is: it changes a running guest.
package provisioners

import (
	"context"

	"github.com/ovenbird-io/ovenbird/internal/guest"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Provisioner changes a guest. It is its own options struct. The guest is nil
// when the build has no communicator; only local provisioners can live with that.
type Provisioner interface {
	Provision(ctx context.Context, g guest.Guest, out *ui.UI) error
}

// Local is a provisioner that runs on this machine and needs no guest.
type Local interface{ Local() }

// Env is what a provisioner knows of the build it is part of. While a template
// is only checked, HTTPAddr is empty and Vars is nil.
type Env struct {
	BuildName   string            // the source's name: PACKER_BUILD_NAME
	BuilderType string            // PACKER_BUILDER_TYPE
	HTTPIP      string            // PACKER_HTTP_IP
	HTTPPort    string            // PACKER_HTTP_PORT, "0" when there is no server
	HTTPAddr    string            // PACKER_HTTP_ADDR, host:port
	RunID       string            // one UUID for the whole run
	Vars        map[string]string // build.* values for late-rendered options: "ID", "Host", ...
	// Pause waits until someone at the terminal presses Enter; nil when nobody
	// is there.
	Pause func(ctx context.Context) error
}
