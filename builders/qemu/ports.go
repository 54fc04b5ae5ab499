package qemu

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ovenbird-io/ovenbird/internal/fileserver"
)

// natHost is the host's loopback address as guests on QEMU's user network see it.
const natHost = "10.0.2.2"

// findPort learns which host port forwards to the guest's SSH server. QEMU
// binds it, so nobody can take it in between.
func (m *machine) findPort(ctx context.Context) error {
	b := m.b
	m.port = b.Port
	if b.NetBridge != "" || b.SkipNATMapping || b.Communicator == "none" {
		return nil
	}
	// A forward may be there already: ours, or one of the template's qemuargs.
	table, err := m.monitor.human(ctx, "info usernet")
	if err != nil {
		return m.orDeath(err)
	}
	if m.port, err = forwardedPort(table, b.Port); err == nil {
		return nil
	}
	if low, high := b.portRange(); low > 0 {
		return m.forward(ctx, low, high)
	}
	return m.orDeath(err)
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

// forward has QEMU bind the first free port of the range.
func (m *machine) forward(ctx context.Context, low, high int) error {
	answer := ""
	for port := low; port <= high; port++ {
		var err error
		if answer, err = m.monitor.human(ctx, fmt.Sprintf("hostfwd_add user.0 tcp:127.0.0.1:%d-:%d", port, m.b.Port)); err != nil {
			return m.orDeath(err)
		}
		if answer = strings.TrimSpace(answer); answer == "" {
			m.port = port
			return nil
		}
	}
	return fmt.Errorf("QEMU can forward no port from %d to %d (%s); widen host_port_min and host_port_max, or remove them", low, high, answer)
}

// forwardLine is a row of "info usernet": protocol and state, descriptor,
// source address and port, destination address and port.
var forwardLine = regexp.MustCompile(`(?m)^\s*TCP\[HOST_FORWARD\]\s+\d+\s+\S+\s+(\d+)\s+\S+\s+(\d+)\s`)

func forwardedPort(table string, guest int) (int, error) {
	for _, row := range forwardLine.FindAllStringSubmatch(table, -1) {
		if row[2] == strconv.Itoa(guest) {
			return strconv.Atoi(row[1])
		}
	}
	return 0, errors.New("QEMU forwards no port to the guest's SSH server; add hostfwd=tcp:127.0.0.1:0-:22 to your -netdev in qemuargs")
}

// serveFiles starts the template's HTTP server, if it asks for one.
func (m *machine) serveFiles(ctx context.Context) error {
	b := m.b
	if b.HTTPDirectory == "" && len(b.HTTPContent) == 0 {
		return nil
	}
	server, err := fileserver.Start(ctx, fileserver.Options{
		Directory: b.HTTPDirectory, Content: b.HTTPContent,
		Address: b.HTTPBindAddress, PortMin: b.HTTPPortMin, PortMax: b.HTTPPortMax,
	})
	if err != nil {
		return err
	}
	m.files = server
	m.undo.Push(func(context.Context) error { return server.Close() })
	m.out.Say("serving files to the guest at http://%s:%d/", natHost, server.Port())
	return nil
}
