package fileserver

import (
	"context"
	"errors"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/option"
)

// HTTP has the options of a builder's file server; builders embed it with
// `hcl:",remain"` and start from Defaults.
type HTTP struct {
	// Folder served to the guest by HTTP.
	HTTPDirectory string `hcl:"http_directory,optional"`
	// Path ("/ks.cfg") to text, served to the guest by HTTP.
	HTTPContent map[string]string `hcl:"http_content,optional"`
	// Lowest port of the file server. Unset lets the kernel choose a free one.
	HTTPPortMin int `hcl:"http_port_min,optional"`
	// Highest port of the file server.
	HTTPPortMax int `hcl:"http_port_max,optional"`
	// Address the file server listens on; QEMU's guests reach the
	// loopback address as 10.0.2.2. Default "127.0.0.1", and the host's
	// address on the bridge with net_bridge.
	HTTPBindAddress string `hcl:"http_bind_address,optional"`
}

// Defaults are the options of a template that sets none.
func Defaults() HTTP { return HTTP{HTTPBindAddress: "127.0.0.1"} }

// Validate reports every option that cannot be used.
func (h *HTTP) Validate() error {
	errs := []error{option.PortRange("http_port_min", h.HTTPPortMin, h.HTTPPortMax)}
	if h.HTTPDirectory != "" && len(h.HTTPContent) > 0 {
		errs = append(errs, option.Bad("http_content", "The file server serves either http_content or http_directory; remove one."))
	}
	for name := range h.HTTPContent {
		if !strings.HasPrefix(name, "/") {
			errs = append(errs, option.Bad("http_content", "The path %q must start with \"/\".", name))
		}
	}
	return errors.Join(errs...)
}

// Serve starts the server of these options; it is nil when they ask for none.
func (h *HTTP) Serve(ctx context.Context) (*Server, error) {
	if h.HTTPDirectory == "" && len(h.HTTPContent) == 0 {
		return nil, nil //nolint:nilnil // no server is no error
	}
	return Start(ctx, Options{
		Directory: h.HTTPDirectory, Content: h.HTTPContent,
		Address: h.HTTPBindAddress, PortMin: h.HTTPPortMin, PortMax: h.HTTPPortMax,
	})
}
