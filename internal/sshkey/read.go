package sshkey

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Signers are the keys of a file, unless "", and of the agent, if asked for.
func Signers(keyFile, certFile string, useAgent bool) ([]ssh.Signer, error) {
	var all []ssh.Signer
	if keyFile != "" {
		signer, err := Read(keyFile, certFile)
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

// Read reads a private key and, unless "", its certificate.
func Read(keyFile, certFile string) (ssh.Signer, error) {
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
