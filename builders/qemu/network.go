package qemu

import (
	"context"
)

// natHost is the host's loopback address as guests on QEMU's user network see it.
const natHost = "10.0.2.2"

// findPort learns which host port forwards to the guest's SSH server.
func (m *machine) findPort(ctx context.Context) error {
	b := m.b
	m.port = b.Port
	if b.NetBridge != "" || b.SkipNATMapping || b.Communicator == "none" {
		return nil
	}
	low, high := b.portRange()
	port, err := m.vm.ForwardedPort(ctx, b.Port, low, high)
	if err != nil {
		return err
	}
	m.port = port
	return nil
}

// portRange is the range the template wants for the forward, or zeroes.
func (b *Builder) portRange() (low, high int) {
	switch {
	case b.HostPortMin == 0 && b.HostPortMax == 0:
		return 0, 0
	case b.HostPortMax == 0:
		return b.HostPortMin, max(b.HostPortMin, 4444)
	case b.HostPortMin == 0:
		return min(2222, b.HostPortMax), b.HostPortMax
	}
	return b.HostPortMin, b.HostPortMax
}

// serveFiles starts the template's HTTP server, if it asks for one.
func (m *machine) serveFiles(ctx context.Context) error {
	server, err := m.b.Serve(ctx)
	if err != nil || server == nil {
		return err
	}
	m.files = server
	m.undo.Push(func(context.Context) error { return server.Close() })
	m.out.Say("serving files to the guest at http://%s:%d/", natHost, server.Port())
	return nil
}
