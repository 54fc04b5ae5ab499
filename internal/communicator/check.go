package communicator

import (
	"errors"
	"slices"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

// Validate checks the options. Whether a user name and a way to log in are
// needed is the builder's to say, as it may make its own.
func (s *SSH) Validate() error {
	var errs []error
	switch s.Communicator {
	case "", "ssh":
	case "none":
		return nil
	case "winrm":
		return option.Later("communicator", "WinRM comes later; Windows guests can run an SSH server meanwhile: use \"ssh\".")
	default:
		return option.Bad("communicator", "%q is unknown; use \"ssh\" or \"none\".", s.Communicator)
	}
	errs = append(errs, s.checkNumbers()...)
	errs = append(errs, s.checkKeys()...)
	errs = append(errs, s.checkDetour()...)
	known := append(ssh.SupportedAlgorithms().Ciphers, ssh.InsecureAlgorithms().Ciphers...)
	errs = append(errs, checkAlgorithms("ssh_ciphers", s.Ciphers, known)...)
	known = append(ssh.SupportedAlgorithms().KeyExchanges, ssh.InsecureAlgorithms().KeyExchanges...)
	errs = append(errs, checkAlgorithms("ssh_key_exchange_algorithms", s.KeyExchangeAlgorithms, known)...)
	if m := s.FileTransferMethod; m != "" && m != "scp" && m != "sftp" {
		errs = append(errs, option.Bad("ssh_file_transfer_method", "%q is unknown; use \"scp\" or \"sftp\".", m))
	}
	return errors.Join(errs...)
}

func (s *SSH) checkNumbers() []error {
	var errs []error
	ports := []struct {
		name string
		port int
	}{{"ssh_port", s.Port}, {"ssh_bastion_port", s.BastionPort}, {"ssh_proxy_port", s.ProxyPort}}
	for _, p := range ports {
		if p.port < 0 || p.port > 65535 {
			errs = append(errs, option.Bad(p.name, "%d is no port; use 1 to 65535.", p.port))
		}
	}
	if s.Timeout < 0 {
		errs = append(errs, option.Bad("ssh_timeout", "%s is negative; use a time such as \"5m\", or 0 to wait without end.", s.Timeout))
	}
	if s.HandshakeAttempts < 0 {
		errs = append(errs, option.Bad("ssh_handshake_attempts", "%d is negative; use 0 for any number.", s.HandshakeAttempts))
	}
	return errs
}

func (s *SSH) checkKeys() []error {
	var errs []error
	if s.CertificateFile != "" && s.PrivateKeyFile == "" {
		errs = append(errs, option.Bad("ssh_certificate_file", "A certificate goes with a key; set ssh_private_key_file too."))
	}
	if s.PrivateKeyFile != "" {
		if _, err := sshkey.Read(s.PrivateKeyFile, ""); err != nil {
			errs = append(errs, option.Bad("ssh_private_key_file", "%s.", err))
		} else if s.CertificateFile != "" {
			if _, err := sshkey.Read(s.PrivateKeyFile, s.CertificateFile); err != nil {
				errs = append(errs, option.Bad("ssh_certificate_file", "%s.", err))
			}
		}
	}
	bits := s.TemporaryKeyPairBits
	switch s.TemporaryKeyPairType {
	case "", "ed25519":
	case "rsa":
		if bits != 0 && bits < 1024 {
			errs = append(errs, option.Bad("temporary_key_pair_bits", "%d is too few for rsa; use 4096, or at least 1024.", bits))
		}
	case "ecdsa":
		if !slices.Contains([]int{0, 256, 384, 521}, bits) {
			errs = append(errs, option.Bad("temporary_key_pair_bits", "ecdsa has no %d bits; use 256, 384 or 521.", bits))
		}
	case "dsa":
		errs = append(errs, option.Bad("temporary_key_pair_type", "dsa is broken and no longer accepted by OpenSSH; use \"ed25519\"."))
	default:
		errs = append(errs, option.Bad("temporary_key_pair_type", "%q is unknown; use \"ed25519\", \"rsa\" or \"ecdsa\".", s.TemporaryKeyPairType))
	}
	return errs
}

func (s *SSH) checkDetour() []error {
	var errs []error
	if s.BastionHost != "" && s.ProxyHost != "" {
		errs = append(errs, option.Bad("ssh_proxy_host", "Either a bastion or a proxy; leave out ssh_bastion_host or this."))
	}
	if s.BastionHost == "" {
		return errs
	}
	if s.BastionUsername == "" {
		errs = append(errs, option.Bad("ssh_bastion_username", "It is required with ssh_bastion_host."))
	}
	key := s.bastionKey()
	if key == "" && s.BastionPassword == "" && !s.BastionAgentAuth {
		errs = append(errs, option.Bad("ssh_bastion_host", "No way to log in there; set ssh_bastion_private_key_file, ssh_bastion_password or ssh_bastion_agent_auth."))
	}
	if key != "" && key != s.PrivateKeyFile {
		if _, err := sshkey.Read(key, s.BastionCertificateFile); err != nil {
			errs = append(errs, option.Bad("ssh_bastion_private_key_file", "%s.", err))
		}
	}
	return errs
}

func (s *SSH) bastionKey() string {
	if s.BastionPrivateKeyFile != "" {
		return s.BastionPrivateKeyFile
	}
	return s.PrivateKeyFile
}

func checkAlgorithms(name string, wanted, known []string) []error {
	var errs []error
	for _, w := range wanted {
		if !slices.Contains(known, w) {
			errs = append(errs, option.Bad(name, "%q is unknown; known are %q.", w, known))
		}
	}
	return errs
}
