package sshkey_test

import (
	"os"
	"testing"

	"github.com/ovenbird-io/ovenbird/internal/sshkey"
)

func TestPEM(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	if err := os.WriteFile(home+"/key", []byte("PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := sshkey.PEM("~/key"); err != nil || got != "PEM" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := sshkey.PEM("~/none"); err == nil {
		t.Error("a missing file was read")
	}
}
