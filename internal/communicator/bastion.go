package communicator

import (
	"context"
	"errors"
	"fmt"
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/sshguest"
)

// Through is a Target.Dial that reaches addr from the bastion, to which it
// logs in for each connection.
func Through(bastion sshguest.Target, addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		client, err := sshguest.Once(ctx, bastion)
		if err != nil {
			return nil, fmt.Errorf("connecting to the bastion %s: %w", bastion.Addr, err)
		}
		conn, err := client.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reaching %s from the bastion: %w", addr, err), client.Close())
		}
		return bastionConn{conn, client}, nil
	}
}

// bastionConn takes its bastion with it when it is closed.
type bastionConn struct {
	net.Conn
	client *ssh.Client
}

func (c bastionConn) Close() error { return errors.Join(c.Conn.Close(), c.client.Close()) }
