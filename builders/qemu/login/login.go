// Package login is how a build gets into its machine.
package login

import (
	"cmp"
	"fmt"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/communicator"
	"github.com/ovenbird-io/ovenbird/internal/seed"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// Login is a way into one machine.
type Login struct {
	User     string
	Key      sshkey.Key      // made for this build
	Host     sshkey.Key      // the guest's host key, made for this build
	HostKeys []ssh.PublicKey // what the guest must show; nil when that is not known
	Injected bool            // our seed carries key and host key
}

// Injects says whether a build with these options makes its own login. A
// template that brings a password, a key or an agent knows how its image is
// entered.
func Injects(s *communicator.SSH) bool {
	return s.Communicator == "ssh" && s.Password == "" && s.PrivateKeyFile == "" && !s.AgentAuth
}

// New makes the keys of the build. A throw-away login is root's, because then
// nothing needs sudo and no user is left behind.
func New(s *communicator.SSH, runID string, out *ui.UI) (Login, error) {
	l := Login{User: s.Username}
	if s.Communicator == "none" {
		return l, nil
	}
	var err error
	if l.Key, err = sshkey.New(s.TemporaryKeyPairType, s.TemporaryKeyPairBits, cmp.Or(s.TemporaryKeyPairName, "ovenbird-"+runID)); err != nil {
		return l, err
	}
	out.Hide(l.Key.PEM)
	if !Injects(s) {
		return l, nil
	}
	l.User = cmp.Or(l.User, "root")
	if l.Host, err = sshkey.New("ed25519", 0, "ovenbird"); err != nil {
		return l, err
	}
	out.Hide(l.Host.PEM)
	l.HostKeys, l.Injected = []ssh.PublicKey{l.Host.Signer.PublicKey()}, true
	return l, nil
}

// Signers are the keys to offer besides the template's own.
func (l Login) Signers() []ssh.Signer { return []ssh.Signer{l.Key.Signer} }

// Inject is what our seed carries; nil when the build makes no login.
func (l Login) Inject() *seed.Inject {
	if !l.Injected {
		return nil
	}
	return &seed.Inject{
		User: l.User, AuthorizedKey: l.Key.Authorized,
		HostKeyPrivate: l.Host.PEM, HostKeyPublic: l.Host.Authorized,
	}
}

// Record is a login as a checkpoint keeps it, which nobody else may read.
type Record struct {
	User     string   `json:"user,omitempty"` // of an injected login
	Key      string   `json:"key"`            // PEM
	Public   string   `json:"public"`         // authorized_keys form
	HostKeys []string `json:"host_keys"`      // the guest has shown them; authorized_keys form
	Injected bool     `json:"injected,omitempty"`
}

// Record gives what is needed to get in again; shown are the host keys that
// the guest has shown, in authorized_keys form.
func (l Login) Record(shown []string) Record {
	r := Record{Key: l.Key.PEM, Public: l.Key.Authorized, HostKeys: shown, Injected: l.Injected}
	if l.Injected {
		r.User = l.User
	}
	return r
}

// Login is the login that was recorded, for a build with these options.
func (r Record) Login(s *communicator.SSH, out *ui.UI) (Login, error) {
	l := Login{User: cmp.Or(r.User, s.Username), Injected: r.Injected}
	out.Hide(r.Key)
	signer, err := ssh.ParsePrivateKey([]byte(r.Key))
	if err != nil {
		return l, fmt.Errorf("reading a remembered login: %w", err)
	}
	l.Key = sshkey.Key{Signer: signer, Authorized: r.Public, PEM: r.Key}
	for _, text := range r.HostKeys {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil {
			return l, fmt.Errorf("reading a remembered host key: %w", err)
		}
		l.HostKeys = append(l.HostKeys, key)
	}
	return l, nil
}
