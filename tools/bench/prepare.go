package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"golang.org/x/crypto/ssh"
)

// prepare fills dir with the key, seed, file and tree of the template and
// returns the base disk.
func prepare(ctx context.Context, dir, ovenbird string) (base string, err error) {
	if err := payload(dir); err != nil {
		return "", fmt.Errorf("preparing the bench: %w", err)
	}
	if base := os.Getenv("BENCH_BASE"); base != "" {
		return filepath.Abs(base)
	}
	template := filepath.Join(dir, "base.oven.hcl")
	text := "source \"debootstrap\" \"base\" {\n  suite = \"bookworm\"\n  disk_size = \"4G\"\n  output_directory = \"base\"\n}\nbuild {\n  sources = [\"source.debootstrap.base\"]\n}\n"
	if err := os.WriteFile(template, []byte(text), 0o600); err != nil {
		return "", err
	}
	fmt.Println("bench: baking the base disk")
	cmd := exec.CommandContext(ctx, ovenbird, "build", template)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("baking the base disk: %w\n%s", err, said)
	}
	disks, err := filepath.Glob(filepath.Join(dir, "base", "*.qcow2"))
	if err != nil || len(disks) != 1 {
		return "", fmt.Errorf("baking the base disk: %d disks in %s/base, want 1", len(disks), dir)
	}
	return disks[0], nil
}

func payload(dir string) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		return err
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return err
	}
	blob := make([]byte, 64<<20)
	if _, err := rand.Read(blob); err != nil {
		return err
	}
	line := bytes.TrimSpace(ssh.MarshalAuthorizedKey(key))
	files := map[string][]byte{
		"id":             pem.EncodeToMemory(block),
		"blob":           blob,
		"seed/meta-data": []byte("instance-id: bench-1\nlocal-hostname: bench\n"),
		"seed/user-data": fmt.Appendf(nil, "#cloud-config\ndisable_root: false\nusers:\n  - name: root\n    lock_passwd: true\n    ssh_authorized_keys: [%q]\n", line),
	}
	for i := range 2000 {
		files["tree/f"+strconv.Itoa(i)] = fmt.Appendf(nil, "file %d\n", i)
	}
	for name, data := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
