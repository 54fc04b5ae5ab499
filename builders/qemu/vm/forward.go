package vm

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// ForwardedPort is the host port that QEMU forwards to the guest's port. QEMU
// binds it, so nobody can take it in between. Without a forward, QEMU is asked
// for one of the first free port from low to high; low 0 adds none.
func (v *VM) ForwardedPort(ctx context.Context, guest, low, high int) (int, error) {
	// A forward may be there already: ours, or one of the template's qemuargs.
	table, err := v.monitor.human(ctx, "info usernet")
	if err != nil {
		return 0, v.orDeath(err)
	}
	port, err := forwardedPort(table, guest)
	switch {
	case err == nil:
		return port, nil
	case low > 0:
		return v.forward(ctx, guest, low, high)
	}
	return 0, v.orDeath(err)
}

// PortRange completes the range that a template wants for the forward: with
// neither end set it is zeroes.
func PortRange(low, high int) (from, to int) {
	switch {
	case low == 0 && high == 0:
		return 0, 0
	case high == 0:
		return low, max(low, 4444)
	case low == 0:
		return min(2222, high), high
	}
	return low, high
}

// forward has QEMU bind the first free port of the range.
func (v *VM) forward(ctx context.Context, guest, low, high int) (int, error) {
	answer := ""
	for port := low; port <= high; port++ {
		var err error
		if answer, err = v.monitor.human(ctx, fmt.Sprintf("hostfwd_add user.0 tcp:127.0.0.1:%d-:%d", port, guest)); err != nil {
			return 0, v.orDeath(err)
		}
		if answer = strings.TrimSpace(answer); answer == "" {
			return port, nil
		}
	}
	return 0, fmt.Errorf("QEMU can forward no port from %d to %d (%s); widen host_port_min and host_port_max, or remove them", low, high, answer)
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
