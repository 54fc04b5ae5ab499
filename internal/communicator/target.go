package communicator

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"golang.org/x/crypto/ssh"
	"golang.org/x/net/proxy"

	"github.com/ovenbird-io/ovenbird/internal/sshguest"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

// Target makes the target of these options. The address (host and port) and
// further keys come from the builder; an empty host or 0 port means ssh_host
// or ssh_port. The builder adds HostKeys where it knows them.
func (s *SSH) Target(host string, port int, keys ...ssh.Signer) (sshguest.Target, error) {
	if host == "" {
		host = s.Host
	}
	if port == 0 {
		port = s.Port
	}
	t := sshguest.Target{
		Addr:              net.JoinHostPort(host, strconv.Itoa(port)),
		User:              s.Username,
		Password:          s.Password,
		Timeout:           s.Timeout,
		Pause:             s.PauseBeforeConnecting,
		HandshakeAttempts: s.HandshakeAttempts,
		KeepAlive:         s.KeepAliveInterval,
		ReadWriteTimeout:  s.ReadWriteTimeout,
		Ciphers:           s.Ciphers,
		KeyExchanges:      s.KeyExchangeAlgorithms,
		PTY:               s.PTY,
		SFTP:              s.FileTransferMethod == "sftp",
	}
	if s.WaitTimeout > 0 {
		t.Timeout = s.WaitTimeout
	}
	var err error
	if t.Signers, err = sshkey.Signers(s.PrivateKeyFile, s.CertificateFile, s.AgentAuth); err != nil {
		return sshguest.Target{}, err
	}
	t.Signers = append(t.Signers, keys...)
	switch {
	case s.BastionHost != "":
		t.Dial, err = s.throughBastion(t.Addr)
	case s.ProxyHost != "":
		t.Dial, err = s.throughProxy(t.Addr)
	}
	if err != nil {
		return sshguest.Target{}, err
	}
	return t, nil
}

// throughBastion dials addr from the bastion, to which it logs in for each
// connection.
func (s *SSH) throughBastion(addr string) (func(context.Context) (net.Conn, error), error) {
	keys, err := sshkey.Signers(s.bastionKey(), s.BastionCertificateFile, s.BastionAgentAuth)
	if err != nil {
		return nil, fmt.Errorf("for the bastion: %w", err)
	}
	bastion := sshguest.Target{
		Addr:     net.JoinHostPort(s.BastionHost, strconv.Itoa(s.BastionPort)),
		User:     s.BastionUsername,
		Password: s.BastionPassword,
		Signers:  keys,
	}
	return Through(bastion, addr), nil
}

func (s *SSH) throughProxy(addr string) (func(context.Context) (net.Conn, error), error) {
	var auth *proxy.Auth
	if s.ProxyUsername != "" {
		auth = &proxy.Auth{User: s.ProxyUsername, Password: s.ProxyPassword}
	}
	at := net.JoinHostPort(s.ProxyHost, strconv.Itoa(s.ProxyPort))
	dialer, err := proxy.SOCKS5("tcp", at, auth, &net.Dialer{})
	if err != nil {
		return nil, fmt.Errorf("using the proxy %s: %w", at, err)
	}
	through, ok := dialer.(proxy.ContextDialer)
	if !ok {
		return nil, fmt.Errorf("using the proxy %s: it cannot be cancelled", at)
	}
	return func(ctx context.Context) (net.Conn, error) {
		conn, err := through.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, fmt.Errorf("through the proxy %s: %w", at, err)
		}
		return conn, nil
	}, nil
}
