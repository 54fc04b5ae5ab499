package imds

import (
	"context"
	"fmt"
	"io"
	"net"
)

// Pipe joins a connection, given as a reader and a writer, with the unix socket
// on which a service listens, until the service has answered. It is what QEMU
// starts for each connection of a guest.
func Pipe(ctx context.Context, socket string, in io.Reader, out io.Writer) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("reaching the metadata service: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	go func() {
		_, _ = io.Copy(conn, in) // what the guest breaks off, the service notices
		_ = conn.(*net.UnixConn).CloseWrite()
	}()
	if _, err := io.Copy(out, conn); err != nil {
		return fmt.Errorf("passing on what the metadata service answers: %w", err)
	}
	return nil
}
