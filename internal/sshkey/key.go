// Package sshkey makes key pairs, and reads those of files and of the SSH agent.
package sshkey

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Key is a key pair made for one bake.
type Key struct {
	Signer     ssh.Signer
	Authorized string // the line for authorized_keys, without a newline
	PEM        string // the private half, OpenSSH form
}

// New makes a key pair. Kind is "ed25519" (also ""), "rsa" or "ecdsa"; bits
// of 0 are 4096 for rsa and 521 for ecdsa.
func New(kind string, bits int, comment string) (Key, error) {
	private, err := generate(kind, bits)
	if err != nil {
		return Key{}, fmt.Errorf("making a %s key: %w", kind, err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return Key{}, fmt.Errorf("making a %s key: %w", kind, err)
	}
	block, err := ssh.MarshalPrivateKey(private, comment)
	if err != nil {
		return Key{}, fmt.Errorf("encoding a %s key: %w", kind, err)
	}
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())) + " ")
	if comment != "" {
		line += " " + comment
	}
	return Key{Signer: signer, Authorized: line, PEM: string(pem.EncodeToMemory(block))}, nil
}

func generate(kind string, bits int) (crypto.Signer, error) {
	switch kind {
	case "", "ed25519":
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	case "rsa":
		if bits == 0 {
			bits = 4096
		}
		return rsa.GenerateKey(rand.Reader, bits)
	case "ecdsa":
		curves := map[int]elliptic.Curve{0: elliptic.P521(), 256: elliptic.P256(), 384: elliptic.P384(), 521: elliptic.P521()}
		curve, ok := curves[bits]
		if !ok {
			return nil, fmt.Errorf("no curve of %d bits", bits)
		}
		return ecdsa.GenerateKey(curve, rand.Reader)
	}
	return nil, fmt.Errorf("unknown kind of key %q", kind)
}
