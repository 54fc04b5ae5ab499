package sshkey_test

import (
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

func TestNew(t *testing.T) {
	tests := []struct {
		kind string
		bits int
		want string // prefix of the line, "" for an error
	}{
		{"", 0, "ssh-ed25519 AAAA"},
		{"rsa", 2048, "ssh-rsa AAAA"},
		{"ecdsa", 256, "ecdsa-sha2-nistp256 AAAA"},
		{"ecdsa", 255, ""},
		{"dsa", 0, ""},
	}
	for _, test := range tests {
		key, err := sshkey.New(test.kind, test.bits, "me")
		if test.want == "" {
			if err == nil {
				t.Errorf("%s %d: no error", test.kind, test.bits)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(key.Authorized, test.want) || !strings.HasSuffix(key.Authorized, " me") || strings.Contains(key.Authorized, "\n") {
			t.Errorf("%s: the line is %q", test.kind, key.Authorized)
		}
		if again, err := ssh.ParsePrivateKey([]byte(key.PEM)); err != nil || string(again.PublicKey().Marshal()) != string(key.Signer.PublicKey().Marshal()) {
			t.Errorf("%s: the private key is another: %v", test.kind, err)
		}
	}
}
