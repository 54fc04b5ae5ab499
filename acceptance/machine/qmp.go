package machine

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"regexp"
)

// connect takes QEMU's call on the listener and asks it for the forwarded port.
func (m *Machine) connect(ctx context.Context, listener net.Listener) error {
	type accepted struct {
		conn net.Conn
		err  error
	}
	calls := make(chan accepted, 1)
	go func() {
		conn, err := listener.Accept()
		calls <- accepted{conn, err}
	}()
	select {
	case c := <-calls:
		if c.err != nil {
			return fmt.Errorf("waiting for QEMU to connect: %w", c.err)
		}
		m.qmp = c.conn
	case <-m.qemu.Done():
		return fmt.Errorf("starting QEMU: it ended: %s", m.stderr.String())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	table, err := usernet(m.qmp)
	if err != nil {
		return fmt.Errorf("asking QEMU for its port: %w", err)
	}
	port := forwarded(table)
	if port == "" {
		return fmt.Errorf("asking QEMU for its port: no forward in %q", table)
	}
	m.URL = "http://127.0.0.1:" + port
	return nil
}

// usernet speaks just enough QMP to get the table of the monitor's "info usernet".
func usernet(conn net.Conn) (string, error) {
	in := bufio.NewScanner(conn)
	if !in.Scan() { // the greeting
		return "", errors.Join(errors.New("no greeting"), in.Err())
	}
	for _, line := range []string{
		`{"execute":"qmp_capabilities"}`,
		`{"execute":"human-monitor-command","arguments":{"command-line":"info usernet"}}`,
	} {
		if _, err := fmt.Fprintln(conn, line); err != nil {
			return "", err
		}
	}
	for in.Scan() {
		var reply struct {
			Return any             `json:"return"`
			Error  json.RawMessage `json:"error"`
		}
		if err := json.Unmarshal(in.Bytes(), &reply); err != nil {
			return "", err
		}
		if reply.Error != nil {
			return "", fmt.Errorf("QMP: %s", reply.Error)
		}
		if text, ok := reply.Return.(string); ok {
			return text, nil
		}
	}
	return "", errors.Join(errors.New("QEMU hung up"), in.Err())
}

// forwarded finds the host's port in the table of "info usernet".
func forwarded(table string) string {
	m := regexp.MustCompile(`TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)`).FindStringSubmatch(table)
	if m == nil {
		return ""
	}
	return m[1]
}
