package qemu

import (
	"context"
	"fmt"

	"github.com/ovenbird-io/ovenbird/builders/qemu/vm"
	"github.com/ovenbird-io/ovenbird/internal/fileserver"
	"github.com/ovenbird-io/ovenbird/internal/host"
)

// natHost is the host's loopback address as guests on QEMU's user network see it.
const natHost = "10.0.2.2"

// hostIP is this host as the guest sees it, "" when it has no address on the bridge.
func (b *Builder) hostIP() string {
	if b.NetBridge == "" {
		return natHost
	}
	at, err := host.AddressOn(b.NetBridge)
	if err != nil {
		return "" // told when files are to be served
	}
	return at
}

// fileServer is the template's HTTP server where guests reach it: on a bridge
// nobody reaches the loopback interface.
func (b *Builder) fileServer() fileserver.HTTP {
	h := b.HTTP
	if b.NetBridge != "" && h.HTTPBindAddress == fileserver.Defaults().HTTPBindAddress {
		h.HTTPBindAddress = b.hostIP()
	}
	return h
}

// findPort learns which host port forwards to the guest's SSH server.
func (m *machine) findPort(ctx context.Context) error {
	b := m.b
	m.port = b.Port
	if b.NetBridge != "" || b.SkipNATMapping || b.Communicator == "none" {
		return nil
	}
	low, high := vm.PortRange(b.HostPortMin, b.HostPortMax)
	port, err := m.vm.ForwardedPort(ctx, b.Port, low, high)
	if err != nil {
		return err
	}
	m.port = port
	return nil
}

// serveFiles starts the template's HTTP server, if it asks for one.
func (m *machine) serveFiles(ctx context.Context) error {
	h := m.b.fileServer()
	if m.b.hostIP() == "" && (h.HTTPDirectory != "" || len(h.HTTPContent) > 0) {
		return fmt.Errorf("serving files to the guest: this host has no IPv4 address on the bridge %s", m.b.NetBridge)
	}
	server, err := h.Serve(ctx)
	if err != nil || server == nil {
		return err
	}
	m.files = server
	m.undo.Push(func(context.Context) error { return server.Close() })
	m.out.Say("serving files to the guest at http://%s:%d/", m.b.hostIP(), server.Port())
	return nil
}
