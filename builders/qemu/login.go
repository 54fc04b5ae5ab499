package qemu

import (
	"cmp"
	"errors"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/seed"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// login is how the build gets into its machine.
type login struct {
	user     string
	key      sshkey.Key      // made for this build
	host     sshkey.Key      // the guest's host key, made for this build
	hostKeys []ssh.PublicKey // what the guest must show; nil when we could not choose it
	injected bool            // our seed carries key and host key
}

// injects says whether the build makes its own login. A template that brings a
// password, a key or an agent knows how its image is entered.
func (b *Builder) injects() bool {
	return b.Communicator == "ssh" && b.Password == "" && b.PrivateKeyFile == "" && !b.AgentAuth
}

func (b *Builder) validateLogin() error {
	errs := []error{b.SSH.Validate()}
	if b.Communicator != "none" && !b.injects() && b.Username == "" {
		errs = append(errs, option.Bad("ssh_username", "A template that brings its own password or key must say whose it is."))
	}
	if b.CloudInit != nil && b.IsSeed() {
		errs = append(errs, option.Bad("cloud_init", "The CD is a cloud-init seed already (cd_label = %q); use one of the two.", b.CDLabel))
	}
	return errors.Join(errs...)
}

// newLogin makes the keys of the build. A throw-away login is root's, because
// then nothing needs sudo and no user is left behind.
func (b *Builder) newLogin(out *ui.UI) (login, error) {
	l := login{user: b.Username}
	if b.Communicator == "none" {
		return l, nil
	}
	var err error
	if l.key, err = sshkey.New(b.TemporaryKeyPairType, b.TemporaryKeyPairBits, cmp.Or(b.TemporaryKeyPairName, "ovenbird-"+b.env.RunID)); err != nil {
		return l, err
	}
	out.Hide(l.key.PEM)
	if !b.injects() {
		return l, nil
	}
	if l.user == "" {
		l.user = "root"
	}
	if l.host, err = sshkey.New("ed25519", 0, "ovenbird"); err != nil {
		return l, err
	}
	out.Hide(l.host.PEM)
	l.hostKeys, l.injected = []ssh.PublicKey{l.host.Signer.PublicKey()}, true
	return l, nil
}

// signers are the keys to offer besides the template's own.
func (l login) signers() []ssh.Signer { return []ssh.Signer{l.key.Signer} }

// inject is what our seed carries; nil when the build makes no login.
func (l login) inject() *seed.Inject {
	if !l.injected {
		return nil
	}
	return &seed.Inject{
		User: l.user, AuthorizedKey: l.key.Authorized,
		HostKeyPrivate: l.host.PEM, HostKeyPublic: l.host.Authorized,
	}
}
