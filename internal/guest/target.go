package guest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/net/proxy"
)

// Target makes the target of these options. The address (host and port) and
// further keys come from the builder; an empty host or 0 port means ssh_host
// or ssh_port. The builder adds HostKeys where it knows them.
func (s *SSH) Target(host string, port int, keys ...ssh.Signer) (Target, error) {
	if host == "" {
		host = s.Host
	}
	if port == 0 {
		port = s.Port
	}
	t := Target{
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
	if t.Signers, err = signers(s.PrivateKeyFile, s.CertificateFile, s.AgentAuth); err != nil {
		return Target{}, err
	}
	t.Signers = append(t.Signers, keys...)
	switch {
	case s.BastionHost != "":
		t.Dial, err = s.throughBastion(t.Addr)
	case s.ProxyHost != "":
		t.Dial, err = s.throughProxy(t.Addr)
	}
	if err != nil {
		return Target{}, err
	}
	return t, nil
}

// signers are the keys of a file and of the agent.
func signers(keyFile, certFile string, useAgent bool) ([]ssh.Signer, error) {
	var all []ssh.Signer
	if keyFile != "" {
		signer, err := readSigner(keyFile, certFile)
		if err != nil {
			return nil, err
		}
		all = append(all, signer)
	}
	if !useAgent {
		return all, nil
	}
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, errors.New("asking the SSH agent: SSH_AUTH_SOCK is not set")
	}
	// The connection lives as long as the keys, which is the whole run.
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "unix", socket)
	if err != nil {
		return nil, fmt.Errorf("asking the SSH agent: %w", err)
	}
	held, err := agent.NewClient(conn).Signers()
	if err != nil {
		return nil, fmt.Errorf("asking the SSH agent for its keys: %w", err)
	}
	return append(all, held...), nil
}

// readSigner reads a private key and, unless "", its certificate.
func readSigner(keyFile, certFile string) (ssh.Signer, error) {
	data, err := os.ReadFile(expandHome(keyFile))
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(data)
	if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
		return nil, fmt.Errorf("the private key %s has a passphrase; add it to the SSH agent and set ssh_agent_auth", keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the private key %s: %w", keyFile, err)
	}
	if certFile == "" {
		return signer, nil
	}
	if data, err = os.ReadFile(expandHome(certFile)); err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	public, _, _, _, err := ssh.ParseAuthorizedKey(data)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate %s: %w", certFile, err)
	}
	cert, ok := public.(*ssh.Certificate)
	if !ok {
		return nil, fmt.Errorf("reading the certificate %s: it is a plain public key", certFile)
	}
	if signer, err = ssh.NewCertSigner(cert, signer); err != nil {
		return nil, fmt.Errorf("joining the certificate %s and its key: %w", certFile, err)
	}
	return signer, nil
}

// expandHome replaces a leading ~ with the home directory.
func expandHome(name string) string {
	rest, ok := strings.CutPrefix(name, "~")
	if !ok || rest != "" && rest[0] != '/' {
		return name
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return name
	}
	return filepath.Join(home, rest)
}

// throughBastion dials addr from the bastion, to which it logs in for each
// connection.
func (s *SSH) throughBastion(addr string) (func(context.Context) (net.Conn, error), error) {
	keys, err := signers(s.bastionKey(), s.BastionCertificateFile, s.BastionAgentAuth)
	if err != nil {
		return nil, fmt.Errorf("for the bastion: %w", err)
	}
	bastion := Target{
		Addr:     net.JoinHostPort(s.BastionHost, strconv.Itoa(s.BastionPort)),
		User:     s.BastionUsername,
		Password: s.BastionPassword,
		Signers:  keys,
	}
	return func(ctx context.Context) (net.Conn, error) {
		client, err := handshake(ctx, bastion, dialLimit)
		if err != nil {
			return nil, fmt.Errorf("connecting to the bastion %s: %w", bastion.Addr, err)
		}
		conn, err := client.DialContext(ctx, "tcp", addr)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("reaching %s from the bastion: %w", addr, err), client.Close())
		}
		return bastionConn{conn, client}, nil
	}, nil
}

// bastionConn takes its bastion with it when it is closed.
type bastionConn struct {
	net.Conn
	client *ssh.Client
}

func (c bastionConn) Close() error { return errors.Join(c.Conn.Close(), c.client.Close()) }

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
