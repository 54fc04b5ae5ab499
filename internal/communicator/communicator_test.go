package communicator_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/guest/sshtest"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

// keyFile writes a fresh private key below a home directory.
func keyFile(t *testing.T, kind string) (name string, key sshkey.Key) {
	t.Helper()
	key, err := sshkey.New(kind, 0, "test")
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(home+"/key", []byte(key.PEM), 0o600); err != nil {
		t.Fatal(err)
	}
	return "~/key", key
}

func TestValidate(t *testing.T) {
	key, _ := keyFile(t, "ecdsa")
	junk := filepath.Join(t.TempDir(), "junk")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		set  func(*communicator.SSH)
		want []string // options to blame
	}{
		"defaults":       {func(*communicator.SSH) {}, nil},
		"a key":          {func(o *communicator.SSH) { o.PrivateKeyFile = key }, nil},
		"no such key":    {func(o *communicator.SSH) { o.PrivateKeyFile = "~/none" }, []string{"ssh_private_key_file"}},
		"not a key":      {func(o *communicator.SSH) { o.PrivateKeyFile = junk }, []string{"ssh_private_key_file"}},
		"certificate":    {func(o *communicator.SSH) { o.CertificateFile = junk }, []string{"ssh_certificate_file"}},
		"winrm":          {func(o *communicator.SSH) { o.Communicator = "winrm" }, []string{"communicator"}},
		"unknown":        {func(o *communicator.SSH) { o.Communicator = "telnet" }, []string{"communicator"}},
		"none":           {func(o *communicator.SSH) { o.Communicator, o.Port = "none", -1 }, nil},
		"bastion, proxy": {func(o *communicator.SSH) { o.BastionHost, o.ProxyHost = "b", "p" }, []string{"ssh_proxy_host", "ssh_bastion_username", "ssh_bastion_host"}},
		"bastion":        {func(o *communicator.SSH) { o.BastionHost, o.BastionUsername, o.PrivateKeyFile = "b", "u", key }, nil},
		"key pair":       {func(o *communicator.SSH) { o.TemporaryKeyPairType, o.TemporaryKeyPairBits = "rsa", 512 }, []string{"temporary_key_pair_bits"}},
		"curve":          {func(o *communicator.SSH) { o.TemporaryKeyPairType, o.TemporaryKeyPairBits = "ecdsa", 512 }, []string{"temporary_key_pair_bits"}},
		"dsa":            {func(o *communicator.SSH) { o.TemporaryKeyPairType = "dsa" }, []string{"temporary_key_pair_type"}},
		"all at once": {func(o *communicator.SSH) {
			o.Port, o.Timeout, o.HandshakeAttempts, o.FileTransferMethod = 70000, -1, -1, "ftp"
			o.Ciphers, o.KeyExchangeAlgorithms = []string{"rot13"}, []string{"none"}
		}, []string{"ssh_port", "ssh_timeout", "ssh_handshake_attempts", "ssh_ciphers", "ssh_key_exchange_algorithms", "ssh_file_transfer_method"}},
	}
	for name, test := range tests {
		o := communicator.Defaults()
		test.set(&o)
		var got []string
		for _, p := range option.Problems(o.Validate()) {
			got = append(got, p.Option)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestTarget(t *testing.T) {
	key, made := keyFile(t, "ed25519")
	o := communicator.Defaults()
	o.Username, o.PrivateKeyFile, o.WaitTimeout, o.FileTransferMethod = "joe", key, time.Hour, "sftp"
	o.Host, o.Port = "::1", 2222
	more, err := sshkey.New("", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	got, err := o.Target("", 0, more.Signer)
	if err != nil {
		t.Fatal(err)
	}
	if got.Addr != "[::1]:2222" || got.User != "joe" || got.Timeout != time.Hour || !got.SFTP || got.HandshakeAttempts != 10 {
		t.Errorf("got %+v", got)
	}
	if len(got.Signers) != 2 || ssh.FingerprintSHA256(got.Signers[0].PublicKey()) != ssh.FingerprintSHA256(made.Signer.PublicKey()) {
		t.Errorf("got %d keys, or in another order", len(got.Signers))
	}
	if got, err = o.Target("host", 22); err != nil || got.Addr != "host:22" {
		t.Errorf("got %s: %v", got.Addr, err)
	}
}

func TestDeferred(t *testing.T) {
	d := communicator.SSH{}.Deferred()
	for _, name := range []string{"winrm_username", "ssh_local_tunnels"} {
		if d[name] == "" {
			t.Errorf("%s is not there", name)
		}
	}
}

// TestThroughProxy has a SOCKS5 proxy that takes one connection.
func TestThroughProxy(t *testing.T) {
	s := sshtest.Start(t)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		_ = l.Close()
		if err != nil {
			return
		}
		asked <- sshtest.ServeSOCKS(conn)
	}()
	host, port, _ := net.SplitHostPort(s.Addr)
	n, _ := strconv.Atoi(port)
	o := communicator.Defaults()
	o.Username, o.Password, o.ProxyHost = sshtest.User, sshtest.Password, "127.0.0.1"
	o.ProxyPort = l.Addr().(*net.TCPAddr).Port
	tt, err := o.Target(host, n)
	if err != nil {
		t.Fatal(err)
	}
	c := sshtest.Dial(t, tt)
	if got := sshtest.Output(t, c, "echo hi"); got != "hi\n" {
		t.Errorf("got %q", got)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if got := <-asked; got != s.Addr {
		t.Errorf("the proxy was asked for %q", got)
	}
}

func TestThroughBastion(t *testing.T) {
	bastion, inner := sshtest.Start(t), sshtest.Start(t)
	host, port, err := net.SplitHostPort(bastion.Addr)
	if err != nil {
		t.Fatal(err)
	}
	o := communicator.Defaults()
	o.Username, o.Password = sshtest.User, sshtest.Password
	o.BastionHost, o.BastionUsername, o.BastionPassword = host, sshtest.User, sshtest.Password
	o.BastionPort, _ = strconv.Atoi(port)
	innerHost, innerPort, err := net.SplitHostPort(inner.Addr)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(innerPort)
	tt, err := o.Target(innerHost, n)
	if err != nil {
		t.Fatal(err)
	}
	c := sshtest.Dial(t, tt)
	if got := sshtest.Output(t, c, "echo inside"); got != "inside\n" || bastion.Logins() != 1 || inner.Logins() != 1 {
		t.Errorf("got %q, %d and %d logins", got, bastion.Logins(), inner.Logins())
	}
}

func TestSecrets(t *testing.T) {
	o := communicator.SSH{Username: "joe", Password: "a", ProxyPassword: "b"}
	if got := o.Secrets(); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
}
