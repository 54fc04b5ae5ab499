// Package communicator has the options that say how a builder talks to its
// guest, which builders embed.
package communicator

import (
	"slices"
	"time"
)

// SSH is how a builder reaches its guest; builders embed it with
// `hcl:",remain"` and start from Defaults.
type SSH struct {
	// How to talk to the guest: "ssh", or "none" for a machine that is booted
	// but never entered. Default "ssh".
	Communicator string `hcl:"communicator,optional"`
	// Pause between the guest being reachable and connecting to it for good,
	// such as "10s". Default none.
	PauseBeforeConnecting time.Duration `hcl:"pause_before_connecting,optional"`

	// Host name or address of the guest. The builder usually knows it.
	Host string `hcl:"ssh_host,optional"`
	// Port of sshd in the guest. Default 22.
	Port int `hcl:"ssh_port,optional"`
	// User to log in as. Required, unless the builder makes its own.
	Username string `hcl:"ssh_username,optional"`
	// Password of that user; it also answers keyboard-interactive questions
	// and sudo. Default none.
	Password string `hcl:"ssh_password,optional"`
	// Private key to log in with, a file without a passphrase. A leading ~ is
	// the home directory. Default none.
	PrivateKeyFile string `hcl:"ssh_private_key_file,optional"`
	// OpenSSH certificate for ssh_private_key_file. Default none.
	CertificateFile string `hcl:"ssh_certificate_file,optional"`
	// Also offer the keys of the SSH agent at SSH_AUTH_SOCK. Default false.
	AgentAuth bool `hcl:"ssh_agent_auth,optional"`
	// Name of an existing key pair of the cloud. Default none.
	KeypairName string `hcl:"ssh_keypair_name,optional"`
	// Name of the key pair made for the bake. Default made up by the builder.
	TemporaryKeyPairName string `hcl:"temporary_key_pair_name,optional"`
	// Kind of the key pair made for the bake: "ed25519", "rsa" or "ecdsa".
	// Default "ed25519".
	TemporaryKeyPairType string `hcl:"temporary_key_pair_type,optional"`
	// Size of that key in bits: at least 1024 for rsa (default 4096); 256, 384
	// or 521 for ecdsa (default 521).
	TemporaryKeyPairBits int `hcl:"temporary_key_pair_bits,optional"`
	// Ciphers to offer, best first. Default chacha20-poly1305, then AES: the
	// former is faster in emulated guests.
	Ciphers []string `hcl:"ssh_ciphers,optional"`
	// Key exchange algorithms to offer, best first. Default the secure ones
	// of golang.org/x/crypto.
	KeyExchangeAlgorithms []string `hcl:"ssh_key_exchange_algorithms,optional"`
	// Remove the bake's key from authorized_keys in the end. Sealing always
	// does; this is for templates that turn sealing off. Default false.
	ClearAuthorizedKeys bool `hcl:"ssh_clear_authorized_keys,optional"`
	// Run commands on a pseudo terminal; their errors then come mixed with
	// their output. Default false.
	PTY bool `hcl:"ssh_pty,optional"`
	// How long to wait for the guest to let us in, at first and after a
	// reboot. Default "5m".
	Timeout time.Duration `hcl:"ssh_timeout,optional"`
	// Deprecated name of ssh_timeout, which it overrides.
	WaitTimeout time.Duration `hcl:"ssh_wait_timeout,optional"`
	// How many refused logins are enough to give up; 0 is any number. A guest
	// that does not answer yet is not counted. Default 10.
	HandshakeAttempts int `hcl:"ssh_handshake_attempts,optional"`
	// Accepted for templates that have it: agents are never forwarded.
	DisableAgentForwarding bool `hcl:"ssh_disable_agent_forwarding,optional"`

	// Host to connect through: an SSH server that reaches the guest. Default
	// none.
	BastionHost string `hcl:"ssh_bastion_host,optional"`
	// Port of the bastion. Default 22.
	BastionPort int `hcl:"ssh_bastion_port,optional"`
	// User on the bastion. Required with ssh_bastion_host.
	BastionUsername string `hcl:"ssh_bastion_username,optional"`
	// Password on the bastion. Default none.
	BastionPassword string `hcl:"ssh_bastion_password,optional"`
	// Offer the keys of the SSH agent to the bastion. Default false.
	BastionAgentAuth bool `hcl:"ssh_bastion_agent_auth,optional"`
	// Private key for the bastion. Default ssh_private_key_file.
	BastionPrivateKeyFile string `hcl:"ssh_bastion_private_key_file,optional"`
	// Certificate for that key. Default none.
	BastionCertificateFile string `hcl:"ssh_bastion_certificate_file,optional"`

	// SOCKS5 proxy to connect through. Default none.
	ProxyHost string `hcl:"ssh_proxy_host,optional"`
	// Port of the proxy. Default 1080.
	ProxyPort int `hcl:"ssh_proxy_port,optional"`
	// User at the proxy. Default none.
	ProxyUsername string `hcl:"ssh_proxy_username,optional"`
	// Password at the proxy. Default none.
	ProxyPassword string `hcl:"ssh_proxy_password,optional"`

	// How single files travel: "scp" (by a command; no scp program is needed
	// in the guest) or "sftp". Default "scp".
	FileTransferMethod string `hcl:"ssh_file_transfer_method,optional"`
	// Time between keep-alives; negative turns them off. Default "5s".
	KeepAliveInterval time.Duration `hcl:"ssh_keep_alive_interval,optional"`
	// End a connection on which nothing was read or written for so long; 0 is
	// never. Default 0.
	ReadWriteTimeout time.Duration `hcl:"ssh_read_write_timeout,optional"`
}

// Defaults are the options of a template that sets none.
func Defaults() SSH {
	return SSH{
		Communicator:         "ssh",
		Port:                 22,
		TemporaryKeyPairType: "ed25519",
		Timeout:              5 * time.Minute,
		HandshakeAttempts:    10,
		BastionPort:          22,
		ProxyPort:            1080,
		FileTransferMethod:   "scp",
		KeepAliveInterval:    5 * time.Second,
	}
}

// Deferred names the options of other tools that are not supported yet.
func (SSH) Deferred() map[string]string {
	deferred := map[string]string{
		"ssh_bastion_interactive": "Use ssh_bastion_password, a key or ssh_bastion_agent_auth.",
		"ssh_local_tunnels":       "Open the tunnel in a shell-local provisioner with ssh -L.",
		"ssh_remote_tunnels":      "Serve files to the guest with http_directory, or upload them.",
	}
	for _, name := range []string{"username", "password", "host", "port", "use_ssl", "insecure", "use_ntlm", "no_proxy", "timeout"} {
		deferred["winrm_"+name] = "WinRM comes later; Windows guests can run an SSH server meanwhile."
	}
	return deferred
}

// Secrets are the passwords among the options.
func (s *SSH) Secrets() []string {
	return slices.DeleteFunc([]string{s.Password, s.BastionPassword, s.ProxyPassword}, func(p string) bool { return p == "" })
}
