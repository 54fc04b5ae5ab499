package sshtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// ServeSOCKS is a SOCKS5 proxy for one connection, without a login and only
// for IPv4 addresses. When it ends it tells which address was asked for.
func ServeSOCKS(conn net.Conn) string {
	defer func() { _ = conn.Close() }()
	head := make([]byte, 2)
	if _, err := io.ReadFull(conn, head); err != nil {
		return ""
	}
	if _, err := io.CopyN(io.Discard, conn, int64(head[1])); err != nil {
		return ""
	}
	_, _ = conn.Write([]byte{5, 0})
	request := make([]byte, 10) // version, command, 0, type, IPv4, port
	if _, err := io.ReadFull(conn, request); err != nil || request[3] != 1 {
		return ""
	}
	addr := net.JoinHostPort(net.IP(request[4:8]).String(), fmt.Sprint(binary.BigEndian.Uint16(request[8:])))
	to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", addr)
	if err != nil {
		return ""
	}
	_, _ = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	go func() { _, _ = io.Copy(conn, to); _ = conn.Close() }()
	_, _ = io.Copy(to, conn)
	_ = to.Close()
	return addr
}
