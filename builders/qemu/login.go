package qemu

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"
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
	if b.CloudInit != nil && b.seedFromCD() {
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
	if l.key, err = sshkey.New(b.TemporaryKeyPairType, b.TemporaryKeyPairBits, or(b.TemporaryKeyPairName, "ovenbird-"+b.env.RunID)); err != nil {
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

// seedFromCD says that the user's CD is a NoCloud seed.
func (b *Builder) seedFromCD() bool {
	return strings.EqualFold(b.CDLabel, "cidata") && (len(b.CDFiles) > 0 || len(b.CDContent) > 0)
}

// writeMedia makes our seed and the user's CD, each only if it is needed. A CD
// that is a seed itself gets our login added, since a guest reads only one.
func (m *machine) writeMedia() (seedPath, cdPath string, err error) {
	b := m.b
	files, err := seed.Tree(b.CDFiles, b.CDContent)
	if err != nil {
		return "", "", fmt.Errorf("cd_files: %w", err)
	}
	if len(files) > 0 {
		if b.seedFromCD() && m.login.injected {
			if files, err = m.addLogin(files); err != nil {
				return "", "", err
			}
		}
		cdPath = m.private.Join("cd.iso")
		if err := seed.Write(cdPath, b.CDLabel, files); err != nil {
			return "", "", err
		}
	}
	if b.seedFromCD() || b.CloudInit == nil && !m.login.injected {
		return "", cdPath, nil
	}
	settings := seed.CloudInit{}
	if b.CloudInit != nil {
		settings = *b.CloudInit
	}
	user, err := m.userData(settings.UserData)
	if err != nil {
		return "", "", err
	}
	meta := settings.MetaData
	if meta == "" {
		meta = fmt.Sprintf("instance-id: ovenbird-%s\nlocal-hostname: %s\n", uuid.NewString(), hostName(b.env.Name))
	}
	seedPath = m.private.Join("seed.iso")
	return seedPath, cdPath, seed.Write(seedPath, "cidata", seed.NoCloud(user, meta, settings.NetworkConfig))
}

// addLogin puts our login into the user-data of the user's own seed.
func (m *machine) addLogin(files []seed.File) ([]seed.File, error) {
	for i, f := range files {
		if f.Name != "user-data" {
			continue
		}
		content := f.Content
		if f.Path != "" {
			var err error
			if content, err = os.ReadFile(f.Path); err != nil {
				return nil, fmt.Errorf("reading the seed's user-data: %w", err)
			}
		}
		text, err := m.userData(string(content))
		if err != nil {
			return nil, err
		}
		files[i] = seed.File{Name: f.Name, Content: []byte(text)}
		return files, nil
	}
	text, err := m.userData("")
	return append(files, seed.File{Name: "user-data", Content: []byte(text)}), err
}

func (m *machine) userData(own string) (string, error) {
	if !m.login.injected {
		return own, nil
	}
	return seed.Merge(own, seed.Inject{
		User: m.login.user, AuthorizedKey: m.login.key.Authorized,
		HostKeyPrivate: m.login.host.PEM, HostKeyPublic: m.login.host.Authorized,
	})
}

// hostName makes a valid host name (RFC 1123) of a source's name.
func hostName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return or(strings.Trim(clean[:min(len(clean), 63)], "-"), "ovenbird")
}
