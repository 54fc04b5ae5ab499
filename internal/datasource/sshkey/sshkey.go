// Package sshkey is the data source that makes a key pair, for installers that
// put the public half into the machine they install.
package sshkey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
	"github.com/ovenbird-io/ovenbird/internal/sshkey"
	"github.com/ovenbird-io/ovenbird/internal/ui"
)

// SSHKey makes a key pair and keeps it in the cache folder, where the next run
// finds it again. It tells public_key, a line for authorized_keys, and
// private_key_path, which only the user can read.
type SSHKey struct {
	// Tells the keys of one cache folder apart. Default "packer".
	Name string `hcl:"name,optional"`
	// "rsa" (4096 bits) or "ed25519". Default "rsa".
	Type string `hcl:"type,optional"`
	// "reuse" takes the key that an earlier run made under this name, if it is
	// there; "unique" makes one for this run alone. Nothing removes the files.
	// Default "reuse".
	Cache string `hcl:"cache,optional"`

	env datasource.Env
	pem string
}

// New makes an sshkey data source with its defaults.
func New(env datasource.Env) datasource.Source {
	return &SSHKey{Name: "packer", Type: "rsa", Cache: "reuse", env: env}
}

// Validate checks the options.
func (k *SSHKey) Validate() error {
	var errs []error
	if !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._ -]*$`).MatchString(k.Name) {
		errs = append(errs, option.Bad("name", "It becomes part of a file name: use letters, digits, \"_\", \"-\" and \".\"."))
	}
	if k.Type != "rsa" && k.Type != "ed25519" {
		errs = append(errs, option.Bad("type", "%q is unknown; use \"rsa\" or \"ed25519\".", k.Type))
	}
	if k.Cache != "reuse" && k.Cache != "unique" {
		errs = append(errs, option.Bad("cache", "%q is unknown; use \"reuse\" or \"unique\".", k.Cache))
	}
	return errors.Join(errs...)
}

// Outputs names what Read gives.
func (*SSHKey) Outputs() datasource.Outputs {
	return datasource.Outputs{"public_key": cty.String, "private_key_path": cty.String}
}

// Secrets are the lines of the private key.
func (k *SSHKey) Secrets(bool) []string {
	var lines []string
	for line := range strings.Lines(k.pem) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
			lines = append(lines, line)
		}
	}
	return lines
}

// Read finds the key of an earlier run, or makes one.
func (k *SSHKey) Read(_ context.Context, out *ui.UI) (map[string]cty.Value, error) {
	if k.env.CacheDir == "" {
		return nil, errors.New("there is no cache folder to keep the key in")
	}
	name := fmt.Sprintf("ssh_private_key_%s_%s", k.Name, k.Type)
	if k.Cache == "unique" {
		name += "_" + k.env.RunID
	}
	path := filepath.Join(k.env.CacheDir, name+".pem")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		out.Detail("Making a key: %s", path)
		text, err = k.make(path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("reading the key in %s: %w; remove the file, and a new one is made", path, err)
	}
	if err := private(path, out); err != nil {
		return nil, err
	}
	k.pem = string(text)
	return map[string]cty.Value{
		"public_key":       cty.StringVal(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))),
		"private_key_path": cty.StringVal(path),
	}, nil
}

// make puts a new key at path, unless another run does it at the same time: then
// that one is taken. No run sees half a key.
func (k *SSHKey) make(path string) (text []byte, err error) {
	key, err := sshkey.New(k.Type, 0, "")
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(key.PEM)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

// private takes a key away from other users that could read it.
func private(path string, out *ui.UI) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("checking who can read the key: %w", err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	out.Warn("Others could read %s; now only you can", path)
	if err := os.Chmod(path, 0o600); err != nil {
		return fmt.Errorf("taking the key away from others: %w", err)
	}
	return nil
}
