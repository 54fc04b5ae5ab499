package sshkey

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/ovenbird-io/ovenbird/internal/datasource"
	"github.com/ovenbird-io/ovenbird/internal/option"
)

// read gives the public key and the path of the private one.
func read(t *testing.T, env datasource.Env, set func(*SSHKey)) (string, string) {
	t.Helper()
	k := New(env).(*SSHKey)
	k.Type = "ed25519"
	if set != nil {
		set(k)
	}
	if err := k.Validate(); err != nil {
		t.Fatal(err)
	}
	got, err := k.Read(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return got["public_key"].AsString(), got["private_key_path"].AsString()
}

func TestRead(t *testing.T) {
	env := datasource.Env{CacheDir: filepath.Join(t.TempDir(), "cache"), RunID: "run-1"}
	public, path := read(t, env, nil)
	if filepath.Base(path) != "ssh_private_key_packer_ed25519.pem" || !strings.HasPrefix(public, "ssh-ed25519 ") {
		t.Errorf("got %q in %s", public, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err != nil || strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))) != public {
		t.Errorf("the halves do not fit: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if again, _ := read(t, env, nil); again != public {
		t.Error("the key of the first run is not used again")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	other, otherPath := read(t, env, func(k *SSHKey) { k.Cache = "unique" })
	if other == public || otherPath == path {
		t.Error("a unique key is the other one")
	}
	if rsa, _ := read(t, env, func(k *SSHKey) { k.Type = "rsa" }); !strings.HasPrefix(rsa, "ssh-rsa ") {
		t.Errorf("got %q", rsa)
	}
	files, err := os.ReadDir(env.CacheDir)
	if err != nil || len(files) != 3 {
		t.Errorf("%d files in the cache, %v; want the 3 keys", len(files), err)
	}
}

func TestReadAtOnce(t *testing.T) {
	env := datasource.Env{CacheDir: t.TempDir()}
	publics := make([]string, 8)
	var wait sync.WaitGroup
	for i := range publics {
		wait.Go(func() { publics[i], _ = read(t, env, nil) })
	}
	wait.Wait()
	for _, public := range publics {
		if public != publics[0] {
			t.Error("two runs have different keys of one name")
		}
	}
}

func TestReadBroken(t *testing.T) {
	env := datasource.Env{CacheDir: t.TempDir()}
	path := filepath.Join(env.CacheDir, "ssh_private_key_packer_rsa.pem")
	if err := os.WriteFile(path, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(env).Read(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "remove the file") {
		t.Errorf("got %v", err)
	}
	if _, err := New(datasource.Env{}).Read(t.Context(), nil); err == nil {
		t.Error("a key is made without a place for it")
	}
}

func TestSecrets(t *testing.T) {
	k := New(datasource.Env{CacheDir: t.TempDir()}).(*SSHKey)
	k.Type = "ed25519"
	if _, err := k.Read(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(k.Secrets(false), "\n"); len(all) < 200 || strings.Contains(all, "---") || !strings.Contains(k.pem, all) {
		t.Errorf("%d bytes are secret", len(all))
	}
}

func TestValidate(t *testing.T) {
	k := &SSHKey{Name: "../x", Type: "dsa", Cache: "never"}
	var names []string
	for _, p := range option.Problems(k.Validate()) {
		names = append(names, p.Option)
	}
	if got := strings.Join(names, " "); got != "name type cache" {
		t.Errorf("problems with %q", got)
	}
}
